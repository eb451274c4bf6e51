import type { Redis } from 'ioredis'
import { acknowledgeScript, deadLetterScript, renewScript } from './event-scripts.ts'
import { deadLetterStream } from './key-names.ts'
import { isReplyError } from './redis-errors.ts'
import { runScript } from './run-script.ts'
import { readEntries, readPending, type Entry, type Pending } from './stream-replies.ts'

/** One group's view of one stream, as one of its consumers. What it says of an entry is said only if the consumer owns it. */
export class StreamGroup {
  readonly stream: string
  readonly group: string
  readonly consumer: string
  private readonly commands: Redis

  constructor(commands: Redis, names: { stream: string; group: string; consumer: string }) {
    this.commands = commands
    this.stream = names.stream
    this.group = names.group
    this.consumer = names.consumer
  }

  /** Makes the group if there is none; one that exists keeps its position. */
  async ensure(start: string): Promise<void> {
    try {
      await this.commands.xgroup('CREATE', this.stream, this.group, start, 'MKSTREAM')
    } catch (error) {
      if (!isReplyError(error, 'BUSYGROUP')) throw error
    }
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

  /** Takes the entries over from whoever has them, if they have been idle for so long. Returns those it got. */
  async claim(ids: readonly string[], minIdleMs: number): Promise<readonly Entry[]> {
    const { stream, group, consumer } = this
    const claimed = (await this.commands.xclaim(
      stream,
      group,
      consumer,
      minIdleMs,
      ...ids,
    )) as (Entry | null)[]
    // Redis before 7 answers nil for an entry that has been trimmed away.
    return claimed.filter((entry) => entry !== null && entry[1] !== null) as Entry[]
  }

  async exists(id: string): Promise<boolean> {
    return (await this.commands.xrange(this.stream, id, id)).length > 0
  }

  /** Settles without asking who owns the entries: for what nobody can handle. */
  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.commands.xack(this.stream, this.group, ...ids)
  }

  async acknowledge(id: string): Promise<boolean> {
    return this.owned(async () => {
      const values = [this.group, this.consumer, id]
      return (await runScript(this.commands, acknowledgeScript, [this.stream], values)) === 1
    })
  }

  /** Sets for how long the entries count as idle. Returns the ids of those that somebody else owns by now. */
  async renew(ids: readonly string[], idleMs: number): Promise<readonly string[]> {
    const values = [this.group, this.consumer, Math.max(0, Math.round(idleMs)), ...ids]
    try {
      return (await runScript(this.commands, renewScript, [this.stream], values)) as string[]
    } catch (error) {
      if (isReplyError(error, 'NOGROUP')) return ids
      throw error
    }
  }

  async deadLetter(id: string, fields: readonly string[]): Promise<boolean> {
    return this.owned(async () => {
      const keys = [this.stream, deadLetterStream(this.stream, this.group)]
      const values = [this.group, this.consumer, id, ...fields]
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
