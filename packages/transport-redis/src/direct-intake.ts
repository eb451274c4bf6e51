import type { RpcMessage } from '@lightbus/core/transport'
import type { IntakeParts } from './call-intake.ts'
import { takeDirectScript } from './call-scripts.ts'
import type { Taker } from './list-reader.ts'
import { decodeCall } from './message-blobs.ts'
import type { ScriptRun } from './run-script.ts'

interface TimedCall {
  readonly call: RpcMessage
  readonly remainingMs: number
}

/**
 * Takes the calls of one API that were sent to servers of ours. Each says when it is over, and to take it out of the list is to own it: nothing
 * else is to be asked before it is executed. What time it is, by the broker's clock, comes with the calls.
 */
export class DirectIntake implements Taker {
  readonly key: string
  readonly behind = 'time'
  /** How many are being made known to replicas. */
  claiming = 0
  readonly #parts: IntakeParts
  /** Taken by a wait, and not yet known to be in time. */
  #first: string[] = []

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.key = parts.keys.directCalls(parts.apiName)
  }

  room(): number {
    return this.#parts.room()
  }

  fetch(count: number): ScriptRun {
    const more = Math.max(0, count - this.#first.length)
    return { script: takeDirectScript, keys: [this.key], values: [more] }
  }

  takeFirst(item: string): void {
    this.#first.push(item)
  }

  take(fetched: readonly unknown[]): number {
    const now = Number(fetched.at(-1))
    const items = [...this.#first, ...(fetched.slice(0, -1) as readonly string[])]
    this.#first = []
    const room = Math.max(0, this.room())
    // Room is shared with others that may have taken meanwhile, and is gone where nothing is wanted any more.
    if (items.length > room) void this.#giveBack(items.slice(room))
    this.#own(items.slice(0, room).flatMap((item) => this.#inTime(item, now)))
    return fetched.length - 1
  }

  /** Gives back what cannot be handed out any more. */
  async letGo(): Promise<void> {
    const rest = this.#first
    this.#first = []
    if (rest.length > 0) await this.#giveBack(rest)
  }

  #inTime(item: string, now: number): readonly TimedCall[] {
    const space = item.indexOf(' ')
    const remainingMs = Number(item.slice(0, space)) - now
    // Nobody waits for it any more.
    if (remainingMs <= 0) return []
    const call = decodeCall(item.slice(space + 1))
    if (!call.error) return [{ call: call.message, remainingMs }]
    this.#parts.refuse(call)
    return []
  }

  #own(calls: readonly TimedCall[]): void {
    if (this.#parts.waitReplicas && calls.length > 0) void this.#ownAtReplicas(calls)
    else for (const { call, remainingMs } of calls) this.#parts.hand(call, remainingMs)
  }

  // Whatever is written after the calls were taken is known to no replica that does not know of that.
  async #ownAtReplicas(calls: readonly TimedCall[]): Promise<void> {
    const { redis, keys, apiName, member, waitReplicas, hand, lost, claimed } = this.#parts
    const running = keys.rpcRunning(apiName, member)
    this.claiming += calls.length
    try {
      const askedAt = performance.now()
      await redis.replicas.covered(running, waitReplicas, () => redis.commands.hset(running, '', 1))
      const waitedMs = Math.ceil(performance.now() - askedAt)
      for (const { call, remainingMs } of calls)
        if (remainingMs > waitedMs) hand(call, remainingMs - waitedMs)
    } catch (error) {
      lost(calls.length, error)
    } finally {
      this.claiming -= calls.length
      claimed()
    }
  }

  async #giveBack(items: readonly string[]): Promise<void> {
    const { redis, lost } = this.#parts
    // To the head and the oldest last, which restores the order.
    await redis.commands
      .lpush(this.key, ...items.toReversed())
      .catch((error: unknown) => lost(items.length, error))
  }
}
