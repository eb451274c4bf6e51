import { setMaxListeners } from 'node:events'
import type { Servers } from '../contracts/rpc-transport.ts'
import { callAborted, callTimeout } from '../errors/catalogue.ts'
import type { BusError } from '../errors/define-error.ts'
import { procedurePath, type UnaddressedCall } from '../messages/rpc-message.ts'
import type { Clock } from '../util/clock.ts'

/** What ends the wait for a result before it is there. */
export interface CallLimits {
  readonly timeoutMs: number
  /** Each gives the call up when it aborts. */
  readonly signals: readonly AbortSignal[]
}

/** Until when the caller of a call waits. It has no signal of its own: one costs more than all else about a call, and nearly all are answered in time. */
export class CallDeadline {
  readonly timeoutMs: number
  /** Who serves the API, as far as it is known. */
  servers: Servers = 'unsure'
  readonly #call: UnaddressedCall
  readonly #signals: readonly AbortSignal[]
  readonly #cancelTimer: () => void
  #error: BusError | undefined
  #giveUp: ((error: BusError) => void) | undefined

  constructor(clock: Clock, call: UnaddressedCall, { timeoutMs, signals }: CallLimits) {
    this.timeoutMs = timeoutMs
    this.#call = call
    this.#signals = signals
    this.#cancelTimer = clock.after(timeoutMs, () => this.#onTime())
    // As many calls as one likes may share a signal.
    for (const signal of signals) setMaxListeners(0, signal)
    if (signals.some(({ aborted }) => aborted)) this.#onAbort()
    else for (const signal of signals) signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** What the promise brings, or a rejection as soon as the caller waits no longer. To be asked one promise at a time. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#error) reject(this.#error)
      this.#giveUp = reject
      promise.then(resolve, reject)
    })
  }

  end(): void {
    this.#cancelTimer()
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#onAbort)
  }

  #onTime(): void {
    const { timeoutMs, servers } = this
    this.#over(callTimeout({ procedure: procedurePath(this.#call), timeoutMs, servers }))
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signals.find(({ aborted }) => aborted)?.reason
    this.#over(callAborted({ procedure: procedurePath(this.#call) }, reason))
  }

  #over(error: BusError): void {
    this.#error ??= error
    this.#giveUp?.(this.#error)
  }
}
