import type { RpcMessage } from '@lightbus/core/transport'
import type { IntakeParts } from './call-intake.ts'
import { claimScript, takeScript } from './call-scripts.ts'
import { presenceMs } from './heartbeats.ts'
import type { Taker } from './list-reader.ts'
import { decodeCall } from './message-blobs.ts'
import { runScript, type ScriptRun } from './run-script.ts'

/** What is left of a call that has no record any more, and of one whose record does not expire. */
const noRecord = -2
const noExpiry = -1

// What a call of a Python peer has that was taken between the two commands that write its record.
const unknownRemainingMs = 5_000

/** Takes the calls of one API from the queue that all languages share, and claims them: who deletes a call's record executes it. */
export class QueueIntake implements Taker {
  readonly key: string
  readonly behind = 'nothing'
  /** How many are being claimed. */
  claiming = 0
  readonly #parts: IntakeParts
  readonly #running: string

  constructor(parts: IntakeParts) {
    const { keys, apiName, member } = parts
    this.#parts = parts
    this.key = keys.rpcQueue(apiName)
    this.#running = keys.rpcRunning(apiName, member)
  }

  room(): number {
    return this.#parts.room()
  }

  fetch(count: number): ScriptRun {
    return { script: takeScript, keys: [this.key], values: [count] }
  }

  takeFirst(blob: string): void {
    this.take([blob])
  }

  take(fetched: readonly unknown[]): number {
    const blobs = fetched as readonly string[]
    const room = Math.max(0, this.room())
    // Room is shared with others that may have taken meanwhile, and is gone where nothing is wanted any more.
    if (blobs.length > room) void this.#giveBack(blobs.slice(room))
    void this.#claim(blobs.slice(0, room).flatMap((blob) => this.#readable(blob)))
    return blobs.length
  }

  /** Resolves when nothing is left of it that is not handed out: here, nothing ever is. */
  letGo(): Promise<void> {
    return Promise.resolve()
  }

  #readable(blob: string): readonly RpcMessage[] {
    const call = decodeCall(blob)
    if (!call.error) return [call.message]
    this.#parts.refuse(call)
    return []
  }

  async #claim(calls: readonly RpcMessage[]): Promise<void> {
    if (calls.length === 0) return
    const { redis, keys, apiName, waitReplicas, lost, claimed } = this.#parts
    const ids = calls.map(({ id }) => id)
    const records = [this.#running, ...ids.map((id) => keys.rpcExpiry(apiName, id))]
    const claim = () => runScript(redis.commands, claimScript, records, [presenceMs, ...ids])
    this.claiming += calls.length
    try {
      const askedAt = performance.now()
      const left = (await redis.replicas.covered(this.#running, waitReplicas, claim)) as number[]
      const waitedMs = Math.ceil(performance.now() - askedAt)
      for (const [index, call] of calls.entries()) this.#hand(call, left[index] ?? noRecord, waitedMs)
    } catch (error) {
      lost(calls.length, error)
    } finally {
      this.claiming -= calls.length
      claimed()
    }
  }

  // One that has expired, was cancelled or was taken before is nobody's any more.
  #hand(call: RpcMessage, leftMs: number, waitedMs: number): void {
    const remainingMs = (leftMs === noExpiry ? unknownRemainingMs : leftMs) - waitedMs
    if (leftMs !== noRecord && remainingMs > 0) this.#parts.hand(call, remainingMs, this.#running)
  }

  async #giveBack(blobs: readonly string[]): Promise<void> {
    const { redis, lost } = this.#parts
    // To the head and the oldest last, which restores the order.
    await redis.commands
      .lpush(this.key, ...blobs.toReversed())
      .catch((error: unknown) => lost(blobs.length, error))
  }
}
