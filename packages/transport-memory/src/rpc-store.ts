import type { RpcMessage } from '@lightbus/core/transport'
import type { BrokerTime } from './broker-time.ts'
import type { StoredKey } from './expiring-texts.ts'

/** A call as the broker keeps it, until somebody takes it or its time is over. */
export interface StoredCall {
  readonly id: string
  readonly text: string
  /** By the broker's clock; Infinity for what was put there without a time. */
  readonly dueAt: number
  readonly stopExpiry: () => void
}

/** A call in the hands of a process. */
export interface TakenCall {
  readonly id: string
  readonly text: string
  readonly remainingMs: number
  /** Aborts when the caller cancels. */
  readonly cancelled: AbortSignal
}

/** Whoever takes calls. */
export interface CallTaker {
  /** Whether its process is gone for good, and serves nothing more. */
  readonly isCrashed: boolean
  /** Takes and hands over one call, if it waits for one. */
  offer(): boolean
}

interface ApiCalls {
  /** By id, in the order of their arrival. */
  readonly waiting: Map<string, StoredCall>
  /** In the order in which they are asked: whoever was given a call goes to the end. */
  readonly takers: Set<CallTaker>
}

/** The calls of a broker: those that wait, by API, and those that run. A call leaves when it is taken, so it is executed at most once. */
export class RpcStore {
  readonly #time: BrokerTime
  readonly #apis = new Map<string, ApiCalls>()
  readonly #running = new Map<string, AbortController>()
  #lastInjected = 0

  constructor(time: BrokerTime) {
    this.#time = time
  }

  /** Queues the call and hands it to whoever waits; tells whether anybody serves the API. */
  add(call: RpcMessage, text: string, timeoutMs: number): boolean {
    const { id, apiName } = call
    const { timers, clock } = this.#time
    const { waiting } = this.#api(apiName)
    const stopExpiry = timers.after(clock, timeoutMs, () => waiting.delete(id))
    return this.#queue(apiName, { id, text, dueAt: clock.now() + timeoutMs, stopExpiry })
  }

  /** Queues a text as it is, as no transport would send it. */
  inject(apiName: string, raw: string): void {
    const id = `injected-${++this.#lastInjected}`
    this.#queue(apiName, { id, text: raw, dueAt: Infinity, stopExpiry: () => {} })
  }

  /** The oldest call of the API whose time is not over. */
  take(apiName: string): TakenCall | undefined {
    const { waiting } = this.#api(apiName)
    for (const { id, text, dueAt, stopExpiry } of waiting.values()) {
      waiting.delete(id)
      stopExpiry()
      const remainingMs = dueAt - this.#time.clock.now()
      if (remainingMs <= 0) continue
      const controller = new AbortController()
      this.#running.set(id, controller)
      return { id, text, remainingMs, cancelled: controller.signal }
    }
    return undefined
  }

  done(callId: string): void {
    this.#running.delete(callId)
  }

  /** Takes out a call that waits, and aborts one that runs. */
  cancel(call: RpcMessage): void {
    const { waiting } = this.#api(call.apiName)
    waiting.get(call.id)?.stopExpiry()
    waiting.delete(call.id)
    this.#running.get(call.id)?.abort()
  }

  addTaker(apiName: string, taker: CallTaker): void {
    this.#api(apiName).takers.add(taker)
  }

  removeTaker(apiName: string, taker: CallTaker): void {
    this.#api(apiName).takers.delete(taker)
  }

  keys(): readonly StoredKey[] {
    const now = this.#time.clock.now()
    return [...this.#apis].flatMap(([apiName, { waiting }]) =>
      [...waiting.values()].map(({ id, dueAt }) => ({
        name: `call:${apiName}:${id}`,
        ttlMs: dueAt === Infinity ? undefined : dueAt - now,
      })),
    )
  }

  /** Loses the calls that wait. Those that run go on, in their processes. */
  wipe(): void {
    for (const { waiting } of this.#apis.values()) {
      for (const { stopExpiry } of waiting.values()) stopExpiry()
      waiting.clear()
    }
  }

  #queue(apiName: string, call: StoredCall): boolean {
    const { waiting, takers } = this.#api(apiName)
    waiting.get(call.id)?.stopExpiry()
    waiting.set(call.id, call)
    for (const taker of takers) if (taker.isCrashed) takers.delete(taker)
    const isServed = takers.size > 0
    for (const taker of takers) {
      if (!taker.offer()) continue
      takers.delete(taker)
      takers.add(taker)
      break
    }
    return isServed
  }

  #api(apiName: string): ApiCalls {
    const api = this.#apis.get(apiName) ?? { waiting: new Map(), takers: new Set() }
    this.#apis.set(apiName, api)
    return api
  }
}
