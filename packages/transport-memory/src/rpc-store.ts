import type { Clock, RpcMessage } from '@lightbus/core/transport'
import type { Timers } from './timers.ts'

/** A call as the broker keeps it, until somebody takes it or its time is over. */
export interface WaitingCall {
  readonly id: string
  readonly text: string
  /** What is left of the caller's deadline, by the caller's clock. */
  remainingMs(): number
  readonly stopExpiry: () => void
}

/** Whoever takes calls. */
export interface CallTaker {
  /** Takes and hands over one call, if it waits for one. */
  offer(): boolean
}

interface ApiCalls {
  /** By id, in the order of their arrival. */
  readonly waiting: Map<string, WaitingCall>
  /** In the order in which they are asked: whoever was given a call goes to the end. */
  readonly takers: Set<CallTaker>
}

/** The calls of a broker: those that wait, by API, and those that run. A call leaves when it is taken, so it is executed at most once. */
export class RpcStore {
  readonly #timers: Timers
  readonly #apis = new Map<string, ApiCalls>()
  readonly #running = new Map<string, AbortController>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Queues the call and hands it to whoever waits; tells whether anybody serves the API. */
  add(call: RpcMessage, timeoutMs: number, clock: Clock): boolean {
    const { waiting, takers } = this.#api(call.apiName)
    const dueAt = clock.now() + timeoutMs
    waiting.set(call.id, {
      id: call.id,
      text: JSON.stringify(call),
      remainingMs: () => dueAt - clock.now(),
      stopExpiry: this.#timers.after(clock, timeoutMs, () => waiting.delete(call.id)),
    })
    const isServed = takers.size > 0
    for (const taker of takers) {
      if (!taker.offer()) continue
      takers.delete(taker)
      takers.add(taker)
      break
    }
    return isServed
  }

  /** The oldest call of the API whose time is not over, and a signal that aborts when its caller cancels. */
  take(apiName: string): { readonly call: WaitingCall; readonly cancelled: AbortSignal } | undefined {
    const { waiting } = this.#api(apiName)
    for (const call of waiting.values()) {
      waiting.delete(call.id)
      call.stopExpiry()
      if (call.remainingMs() <= 0) continue
      const controller = new AbortController()
      this.#running.set(call.id, controller)
      return { call, cancelled: controller.signal }
    }
    return undefined
  }

  done(callId: string): void {
    this.#running.delete(callId)
  }

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

  #api(apiName: string): ApiCalls {
    const api = this.#apis.get(apiName) ?? { waiting: new Map(), takers: new Set() }
    this.#apis.set(apiName, api)
    return api
  }
}
