import type { Redis } from 'ioredis'
import {
  acknowledgeScript,
  claimPendingScript,
  deadLetterScript,
  renewScript,
  restingScript,
  restScript,
  type Settling,
} from './event-scripts.ts'
import { isWaiting, keyOrder, type KeyOrder } from './key-order.ts'
import { dropScript, enterScript, ringScript, takeReadyScript, turnsScript } from './key-order-scripts.ts'
import { deadLetterStream, groupCounts, heardEvents, redrivenStream, restingEvents } from './key-names.ts'
import { isReplyError } from './redis-errors.ts'
import { hearScript, untoldScript } from './retention-scripts.ts'
import { runScript } from './run-script.ts'
import {
  readConsumers,
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

/** What was taken over, and how many entries were gone. */
export interface TakenOver {
  readonly taken: readonly Recovered[]
  readonly gone: number
}

/** The entry to be settled. */
export interface Settlement {
  readonly id: string
  readonly isKeyed: boolean
  /** Whether others are told if the next of the key can go ahead, since this process will not take it. */
  readonly rings: boolean
}

/** What became of it: another of its key may be ready to be taken now. */
export type SettledAs = 'lost' | 'settled' | 'next ready'

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
  readonly order: KeyOrder
  /** What a look wants to know of the group. */
  readonly lookKeys: readonly string[]
  private readonly commands: Redis
  private readonly freeKeys: readonly string[]
  private readonly orderedKeys: readonly string[]

  constructor(commands: Redis, names: GroupNames, origin?: StreamGroup) {
    this.commands = commands
    this.stream = names.stream
    this.group = names.group
    this.consumer = names.consumer
    this.isPrivate = origin !== undefined
    this.deadLetterStream = origin?.deadLetterStream ?? deadLetterStream(names.stream, names.group)
    this.counts = groupCounts(this.deadLetterStream)
    this.order = origin?.order ?? keyOrder(names.stream, names.group, redrivenStream(this.deadLetterStream))
    this.lookKeys = [this.stream, redrivenStream(this.deadLetterStream), this.counts, this.order.behind]
    this.freeKeys = [this.stream, this.counts]
    this.orderedKeys = [...this.freeKeys, ...this.order.keys]
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
    const { stream, group } = this
    try {
      await this.commands.xgroup('CREATE', stream, group, start, 'MKSTREAM')
    } catch (error) {
      if (!isReplyError(error, 'BUSYGROUP')) throw error
    }
    await this.touch()
  }

  /**
   * Makes the consumer count as one that has just read. A Python worker that starts deletes those that have not read for long, with whatever
   * they have, and groups without consumers.
   */
  async touch(consumer = this.consumer): Promise<void> {
    // Before Redis 6.2 only a read makes a consumer: here, of nothing.
    await this.commands.xreadgroup('GROUP', this.group, consumer, 'STREAMS', this.stream, lastPossibleId)
  }

  /** The id of the newest entry of the stream; undefined when it has none. */
  async newestId(): Promise<string | undefined> {
    const newest = (await this.commands.xrevrange(this.stream, '+', '-', 'COUNT', 1)) as Entry[]
    return newest[0]?.[0]
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

  /** How many entries are in nobody's hand, as they wait for their turn. */
  async waiting(): Promise<number> {
    const consumers = readConsumers(await this.commands.xpending(this.stream, this.group))
    return consumers.filter(isWaiting).reduce((sum, { pending }) => sum + pending, 0)
  }

  /**
   * Takes the entries over from whoever has them, or from one consumer only, if they have been idle for so long. What has been trimmed
   * away is settled by this.
   */
  async claim(ids: readonly string[], { minIdleMs = 0, owner = '' }): Promise<TakenOver> {
    const values = [this.group, this.consumer, minIdleMs, owner, ...ids]
    return readTakenOver(await runScript(this.commands, claimPendingScript, this.orderedKeys, values))
  }

  /** Of keyed entries that were just read, those that may be handed out; the others are behind one of their key. */
  async enter(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const values = [this.group, this.consumer, ...ids]
    return new Set((await runScript(this.commands, enterScript, this.orderedKeys, values)) as string[])
  }

  /** Takes entries whose turn within their key has come. */
  async takeReady(count: number): Promise<TakenOver> {
    const values = [this.group, this.consumer, count]
    return readTakenOver(await runScript(this.commands, takeReadyScript, this.orderedKeys, values))
  }

  /** Lets no key wait for what is pending no more. Tells whether something is ready to be taken. */
  async mendTurns(): Promise<boolean> {
    for (let from = ''; ;) {
      const values = [this.group, this.consumer, from]
      const reply = await runScript(this.commands, turnsScript, this.orderedKeys, values)
      const [last, isReady] = reply as [string, number]
      if (last === '') return isReady === 1
      from = last
    }
  }

  /** Tells all members if something is ready to be taken. */
  async ring(): Promise<void> {
    await runScript(this.commands, ringScript, this.orderedKeys, [this.group, this.consumer])
  }

  /** Says which of the stream's events the group hears. */
  async hear(events: readonly string[]): Promise<void> {
    await runScript(this.commands, hearScript, [heardEvents(this.stream, this.group)], events)
  }

  /** How many of the group's events were trimmed away unheard since somebody asked last. */
  async takeUntold(): Promise<number> {
    return (await runScript(this.commands, untoldScript, [this.counts], [])) as number
  }

  /** Settles without asking who owns the entries: for what nobody can handle. Tells whether something is ready to be taken now. */
  async drop(ids: readonly string[], isKeyed: boolean): Promise<boolean> {
    if (ids.length === 0) return false
    if (isKeyed) {
      const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, ...ids]
      return (await runScript(this.commands, dropScript, this.orderedKeys, values)) === 2
    }
    await this.commands.xack(this.stream, this.group, ...ids)
    if (this.isPrivate) await this.commands.xdel(this.stream, ...ids)
    return false
  }

  acknowledge(settlement: Settlement, fate: 'acknowledged' | 'expired' = 'acknowledged'): Promise<SettledAs> {
    return this.settle(acknowledgeScript, settlement, [fate])
  }

  deadLetter(settlement: Settlement, fields: readonly string[]): Promise<SettledAs> {
    return this.settle(deadLetterScript, settlement, ['deadLettered', ...fields], [this.deadLetterStream])
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
      // What is gone is pending no more, and holds up nobody of its key.
      if (gone.length > 0) await this.drop(gone, true)
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

  private async settle(
    { free, keyed }: Settling,
    { id, isKeyed, rings }: Settlement,
    rest: readonly string[],
    lastKeys: readonly string[] = [],
  ): Promise<SettledAs> {
    const keys = isKeyed ? this.orderedKeys : this.freeKeys
    const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, id, rings ? 1 : 0, ...rest]
    try {
      const reply = await runScript(this.commands, isKeyed ? keyed : free, [...keys, ...lastKeys], values)
      return reply === 2 ? 'next ready' : reply === 1 ? 'settled' : 'lost'
    } catch (error) {
      if (isReplyError(error, 'NOGROUP')) return 'lost'
      throw error
    }
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

function readTakenOver(reply: unknown): TakenOver {
  const [taken, gone] = reply as [[Entry, number][], string[]]
  return { taken: taken.map(([entry, attempt]) => ({ entry, attempt })), gone: gone.length }
}
