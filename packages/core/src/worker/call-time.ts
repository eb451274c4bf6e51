import type { RpcDelivery } from '../contracts/rpc-transport.ts'
import { callTimeout } from '../errors/catalogue.ts'
import { procedurePath, type RpcMessage } from '../messages/rpc-message.ts'
import type { Clock } from '../util/clock.ts'
import { linkedSignal, type LinkedSignal } from '../util/linked-signal.ts'
import { SignalOnDemand } from '../util/signal-on-demand.ts'

/** A call that could be read. */
export type ReadableDelivery = Extract<RpcDelivery, { readonly call: RpcMessage }>

/** Until when a call may wait and run: its caller's deadline, its caller's patience, and a forced stop of the server. */
export class CallTime {
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly #clock: Clock
  readonly #forced: AbortSignal
  readonly #onDemand: SignalOnDemand

  constructor(clock: Clock, delivery: ReadableDelivery, forced: AbortSignal) {
    this.#clock = clock
    this.#forced = forced
    this.deadlineAt = clock.now() + delivery.remainingMs
    this.#onDemand = new SignalOnDemand(() => this.#signalOf(delivery))
  }

  /** Whether the call must not begin any more. */
  get isOver(): boolean {
    return this.#forced.aborted || this.#clock.now() >= this.deadlineAt
  }

  /** Aborts when it is over. */
  get signal(): AbortSignal {
    return this.#onDemand.signal
  }

  end(): void {
    this.#onDemand.release()
  }

  #signalOf({ call, remainingMs, cancelled }: ReadableDelivery): LinkedSignal {
    const linked = linkedSignal([this.#forced, cancelled])
    const late = { procedure: procedurePath(call), timeoutMs: remainingMs, servers: 'some' } as const
    const cancelTimer = this.#clock.after(Math.max(0, this.deadlineAt - this.#clock.now()), () =>
      linked.abort(callTimeout(late)),
    )
    // A procedure that does not listen must not keep the process from ending.
    linked.signal.addEventListener('abort', cancelTimer, { once: true })
    const release = (): void => {
      cancelTimer()
      linked.release()
    }
    return { ...linked, release }
  }
}
