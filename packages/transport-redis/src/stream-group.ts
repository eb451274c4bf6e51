import type { Redis } from 'ioredis'
import {
  acknowledgeScript,
  claimPendingScript,
  deadLetterScript,
  renewScript,
  restingScript,
  restScript,
} from './event-scripts.ts'
import { deadLetterStream, groupCounts, heardEvents, redrivenStream, restingEvents } from './key-names.ts'
import { isReplyError } from './redis-errors.ts'
import { hearScript, untoldScript } from './retention-scripts.ts'
import { runScript } from './run-script.ts'
import {
  readEntries,
  readPending,
  readPosition,
  type Entry,
  type Pending,
  type Position,
} from './stream-replies.ts'

/** An entry that somebody had before, with the ordinal of this handing-over. */
export interface Recovered {
  readonly entry: Entry
  readonly attempt: number
}

// Nothing comes after it; the very last id would start over at the first.
const lastPossibleId = '18446744073709551615-0'

interface GroupNames {
  readonly stream: string
  readonly group: string
  readonly consumer: string
}

/** One group's view of one stream, as one of its consumers. What it says of an entry is said only if the consumer owns it. */
export class StreamGroup {
  readonly stream: string
  readonly group: string
  readonly consumer: string
  readonly deadLetterStream: string
  /** How many of the group's events met with which fate. */
  readonly counts: string
  /** The stream is this group's own, made when it is needed: what is settled is deleted. */
  readonly isPrivate: boolean
  private readonly commands: Redis

  constructor(commands: Redis, names: GroupNames, origin?: StreamGroup) {
    this.commands = commands
    this.stream = names.stream
    this.group = names.group
    this.consumer = names.consumer
    this.isPrivate = origin !== undefined
    this.deadLetterStream = origin?.deadLetterStream ?? deadLetterStream(names.stream, names.group)
    this.counts = groupCounts(this.deadLetterStream)
  }

  /** What this group, and no other, was given back of its dead letters. */
  redriven(): StreamGroup {
    const { group, consumer, commands } = this
    return new StreamGroup(commands, { stream: redrivenStream(this.deadLetterStream), group, consumer }, this)
  }

  /** How far the group is; undefined when there is no such group. */
  async position(): Promise<Position | undefined> {
    try {
      return readPosition(await this.commands.xinfo('GROUPS', this.stream), this.group)
    } catch (error) {
      if (isReplyError(error, 'no such key')) return undefined
      throw error
    }
  }

  /** Makes the group if there is none; one that exists keeps its position. From here on this process is one of its consumers. */
  async ensure(start: string): Promise<void> {
    const { stream, group, consumer } = this
    try {
      await this.commands.xgroup('CREATE', stream, group, start, 'MKSTREAM')
    } catch (error) {
      if (!isReplyError(error, 'BUSYGROUP')) throw error
    }
    // A Python worker that starts destroys groups without consumers. Before Redis 6.2 only a read makes one: here, of nothing.
    await this.commands.xreadgroup('GROUP', group, consumer, 'STREAMS', stream, lastPossibleId)
  }

  /** What nobody in the group was given yet. */
  async readNew(count: number): Promise<readonly Entry[]> {
    const { group, consumer, stream } = this
    return readEntries(
      await this.commands.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>'),
    )
  }

  /** Entries that were given to somebody and not settled, from an id on. */
  async pending(from: string, count: number, consumer?: string): Promise<Pending[]> {
    const { stream, group } = this
    return readPending(
      consumer === undefined
        ? await this.commands.xpending(stream, group, from, '+', count)
        : await this.commands.xpending(stream, group, from, '+', count, consumer),
    )
  }

  /**
   * Takes the entries over from whoever has them, or from one consumer only, if they have been idle for so long. What has been trimmed
   * away is settled by this.
   */
  async claim(
    ids: readonly string[],
    { minIdleMs = 0, owner = '' },
  ): Promise<{ readonly taken: readonly Recovered[]; readonly gone: number }> {
    const { stream, group, consumer, counts } = this
    const values = [group, consumer, minIdleMs, owner, ...ids]
    const reply = await runScript(this.commands, claimPendingScript, [stream, counts], values)
    const [taken, gone] = reply as [[Entry, number][], string[]]
    return { taken: taken.map(([entry, attempt]) => ({ entry, attempt })), gone: gone.length }
  }

  /** Says which of the stream's events the group hears. */
  async hear(events: readonly string[]): Promise<void> {
    await runScript(this.commands, hearScript, [heardEvents(this.stream, this.group)], events)
  }

  /** How many of the group's events were trimmed away unheard since somebody asked last. */
  async takeUntold(): Promise<number> {
    return (await runScript(this.commands, untoldScript, [this.counts], [])) as number
  }

  /** Settles without asking who owns the entries: for what nobody can handle. */
  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.commands.xack(this.stream, this.group, ...ids)
    if (this.isPrivate) await this.commands.xdel(this.stream, ...ids)
  }

  async acknowledge(id: string, fate: 'acknowledged' | 'expired' = 'acknowledged'): Promise<boolean> {
    return this.owned(async () => {
      const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, id, fate]
      return (await runScript(this.commands, acknowledgeScript, [this.stream, this.counts], values)) === 1
    })
  }

  /** Sets for how long the entries count as idle. Returns the ids of those that somebody else owns by now. */
  async renew(ids: readonly string[], idleMs: number): Promise<readonly string[]> {
    const entries = ids.map((id) => ({ id, deliveries: undefined }))
    return (await this.giveBack(entries, idleMs)).lost
  }

  /** Likewise, and sets how often an entry was delivered, where that is given. Tells also which entries were trimmed away. */
  async giveBack(
    entries: readonly { readonly id: string; readonly deliveries: number | undefined }[],
    idleMs: number,
  ): Promise<{ readonly lost: readonly string[]; readonly gone: readonly string[] }> {
    const pairs = entries.flatMap(({ id, deliveries }) => [id, deliveries ?? ''])
    const values = [this.group, this.consumer, Math.max(0, Math.round(idleMs)), ...pairs]
    try {
      const reply = await runScript(this.commands, renewScript, [this.stream, this.counts], values)
      const [lost, gone] = reply as [string[], string[]]
      return { lost, gone }
    } catch (error) {
      if (isReplyError(error, 'NOGROUP')) return { lost: entries.map(({ id }) => id), gone: [] }
      throw error
    }
  }

  /** Lets the entry rest, also beyond the death of this process. False if somebody else owns it. */
  async rest(id: string, delayMs: number): Promise<boolean> {
    return this.owned(async () => {
      const keys = [this.stream, restingEvents(this.stream, this.group)]
      const values = [this.group, this.consumer, id, Math.ceil(delayMs)]
      return (await runScript(this.commands, restScript, keys, values)) === 1
    })
  }

  /** The ids of the entries that rest, whoever has given them back. */
  async resting(): Promise<ReadonlySet<string>> {
    const keys = [restingEvents(this.stream, this.group)]
    return new Set((await runScript(this.commands, restingScript, keys, [])) as string[])
  }

  async deadLetter(id: string, fields: readonly string[]): Promise<boolean> {
    return this.owned(async () => {
      const keys = [this.stream, this.deadLetterStream, this.counts]
      const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, id, ...fields]
      return (await runScript(this.commands, deadLetterScript, keys, values)) === 1
    })
  }

  private async owned(act: () => Promise<boolean>): Promise<boolean> {
    try {
      return await act()
    } catch (error) {
      if (isReplyError(error, 'NOGROUP')) return false
      throw error
    }
  }
}
