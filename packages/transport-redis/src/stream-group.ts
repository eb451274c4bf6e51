import type { Redis } from 'ioredis'
import {
  acknowledgeKeyedScript,
  acknowledgeScript,
  claimPendingScript,
  deadLetterScript,
  renewScript,
  restingScript,
  restScript,
} from './event-scripts.ts'
import { GatheredBy } from './gathered.ts'
import { keyOrder, type KeyOrder } from './key-order.ts'
import { dropScript } from './key-order-scripts.ts'
import { deadLetterStream, groupCounts, heardEvents, redrivenStream, restingEvents } from './key-names.ts'
import { KeyTurns } from './key-turns.ts'
import { isReplyError } from './redis-errors.ts'
import { hearScript, untoldScript } from './retention-scripts.ts'
import { runScript, type Script } from './run-script.ts'
import { atOnce, slicesOf } from './slices.ts'
import { newestId } from './stream-pages.ts'
import {
  readHolders,
  readEntries,
  readPending,
  readPosition,
  type Entry,
  type Holder,
  type Pending,
  type Position,
} from './stream-replies.ts'
import { readTakenOver, type Recovered, type TakenOver } from './taken-over.ts'

// Nothing comes after it; the very last id would start over at the first.
const lastPossibleId = '18446744073709551615-0'

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
  /** What rings for it. */
  readonly bell: string
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
  readonly turns: KeyTurns
  private readonly commands: Redis
  private readonly freeKeys: readonly string[]
  private readonly orderedKeys: readonly string[]
  private readonly acknowledging = new GatheredBy<string, SettledAs>(atOnce, (fate, ids) =>
    this.acknowledgeAll(fate, ids),
  )

  constructor(commands: Redis, names: GroupNames, origin?: StreamGroup) {
    this.commands = commands
    this.stream = names.stream
    this.group = names.group
    this.consumer = names.consumer
    this.isPrivate = origin !== undefined
    this.deadLetterStream = origin?.deadLetterStream ?? deadLetterStream(names.stream, names.group)
    this.counts = groupCounts(this.deadLetterStream)
    this.order = origin?.order ?? keyOrder(names, redrivenStream(this.deadLetterStream))
    this.lookKeys = [this.stream, redrivenStream(this.deadLetterStream), this.counts, this.order.behind]
    this.freeKeys = [this.stream, this.counts]
    this.orderedKeys = [...this.freeKeys, ...this.order.keys]
    this.turns = new KeyTurns(commands, this.orderedKeys, names)
  }

  /** What this group, and no other, was given back of its dead letters. */
  redriven(): StreamGroup {
    const { group, consumer, commands, order } = this
    const stream = redrivenStream(this.deadLetterStream)
    return new StreamGroup(commands, { stream, group, consumer, bell: order.bell }, this)
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
  newestId(): Promise<string | undefined> {
    return newestId(this.commands, this.stream)
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

  /** Who has how many entries. */
  async holders(): Promise<readonly Holder[]> {
    return readHolders(await this.commands.xpending(this.stream, this.group))
  }

  /**
   * Takes the entries over from whoever has them, or from one consumer only, if they have been idle for so long. What has been trimmed
   * away is settled by this.
   */
  async claim(ids: readonly string[], { minIdleMs = 0, owner = '' }): Promise<TakenOver> {
    const taken: Recovered[] = []
    let gone = 0
    for (let rest = ids; rest.length > 0;) {
      const values = [this.group, this.consumer, minIdleMs, owner, ...rest.slice(0, atOnce)]
      const reply = readTakenOver(
        await runScript(this.commands, claimPendingScript, this.orderedKeys, values),
      )
      taken.push(...reply.taken)
      gone += reply.gone
      rest = rest.slice(reply.done)
    }
    return { taken, gone }
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
    const replies: unknown[] = []
    for (const some of slicesOf(ids)) {
      if (isKeyed) {
        const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, ...some]
        replies.push(await runScript(this.commands, dropScript, this.orderedKeys, values))
      } else {
        await this.commands.xack(this.stream, this.group, ...some)
        if (this.isPrivate) await this.commands.xdel(this.stream, ...some)
      }
    }
    return replies.includes(2)
  }

  acknowledge(settlement: Settlement, fate: 'acknowledged' | 'expired' = 'acknowledged'): Promise<SettledAs> {
    return settlement.isKeyed
      ? this.settle(acknowledgeKeyedScript, settlement, [fate])
      : this.acknowledging.add(fate, settlement.id)
  }

  deadLetter(settlement: Settlement, fields: readonly string[]): Promise<SettledAs> {
    const script = settlement.isKeyed ? deadLetterScript.keyed : deadLetterScript.free
    return this.settle(script, settlement, ['deadLettered', ...fields], [this.deadLetterStream])
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

  /** Lets the entry rest, also beyond the death of this process, counted as idle for so long. False if somebody else owns it. */
  async rest(id: string, delayMs: number, idleMs: number): Promise<boolean> {
    return this.owned(async () => {
      const keys = [this.stream, restingEvents(this.stream, this.group)]
      const values = [this.group, this.consumer, id, Math.ceil(delayMs), Math.max(0, Math.round(idleMs))]
      return (await runScript(this.commands, restScript, keys, values)) === 1
    })
  }

  /** Which of the entries rest, whoever has given them back. */
  async resting(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const keys = [restingEvents(this.stream, this.group)]
    return new Set((await runScript(this.commands, restingScript, keys, ids)) as string[])
  }

  private async acknowledgeAll(fate: string, ids: readonly string[]): Promise<readonly SettledAs[]> {
    const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, fate, ...ids]
    try {
      // In one write with the read of what comes next.
      const lost = (await runScript(this.commands, acknowledgeScript, this.freeKeys, values)) as string[]
      return ids.map((id) => (lost.includes(id) ? 'lost' : 'settled'))
    } catch (error) {
      if (isReplyError(error, 'NOGROUP')) return ids.map(() => 'lost')
      throw error
    }
  }

  private async settle(
    script: Script,
    { id, isKeyed, rings }: Settlement,
    rest: readonly string[],
    lastKeys: readonly string[] = [],
  ): Promise<SettledAs> {
    const keys = isKeyed ? this.orderedKeys : this.freeKeys
    const values = [this.group, this.consumer, this.isPrivate ? 1 : 0, id, rings ? 1 : 0, ...rest]
    try {
      const reply = await runScript(this.commands, script, [...keys, ...lastKeys], values)
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
