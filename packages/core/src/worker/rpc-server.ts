import type { OutcomeStore, RpcConsumer, RpcTransport } from '../contracts/rpc-transport.ts'
import { CallSlots, type CallLimits } from './call-slots.ts'
import { InFlight, type InFlightCounts } from './in-flight.ts'
import { refuseUndecodable, serveRpc, type ServeRpcParts } from './serve-rpc.ts'

export interface RpcServerParts extends Omit<ServeRpcParts, 'slots' | 'outcomes'> {
  /** A failure that is to stop the worker. */
  readonly shutDown: (error: unknown) => void
}

/** The server of an API: a loop that takes a call whenever there is room for it. */
export class RpcServer {
  readonly #parts: RpcServerParts
  readonly #apiName: string
  readonly #slots: CallSlots
  readonly #inFlight = new InFlight()
  readonly #stopping = new AbortController()
  readonly #forced = new AbortController()
  #consumer: RpcConsumer | undefined
  #outcomes: OutcomeStore | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(parts: RpcServerParts, apiName: string, limits: CallLimits) {
    this.#parts = parts
    this.#apiName = apiName
    this.#slots = new CallSlots(limits, () => this.#consumer?.refresh())
  }

  /** Once it resolves the process counts as a server. */
  async consume(transport: RpcTransport): Promise<void> {
    this.#outcomes = transport.features.idempotency ? transport.outcomes : undefined
    this.#consumer = await transport.consume({
      apiNames: [this.#apiName],
      prefetch: () => this.#slots.prefetch,
    })
  }

  /** Starts to serve. */
  run(): void {
    this.#loop = this.#pull().catch((error: unknown) => this.#parts.shutDown(error))
  }

  /** Other limits count from now on; what runs already goes on. */
  limit(limits: CallLimits): void {
    this.#slots.change(limits)
  }

  /** What is finished from here on is counted. */
  countAnew(): void {
    this.#inFlight.countAnew()
  }

  /** Takes no new call, and waits until those that it has taken are answered. */
  async drain(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#inFlight.idle()
  }

  /** Aborts what runs, and is a server no longer. Returns what became of the calls that it had in hand. */
  async close(): Promise<InFlightCounts> {
    const { counts } = this.#inFlight
    this.#stopping.abort()
    this.#forced.abort()
    // Procedures that heed their signal are to have their say, so that their callers need not wait for the timeout.
    if (counts.running > 0) await new Promise((resolve) => setImmediate(resolve))
    await this.#consumer
      ?.close()
      .catch((err: unknown) => this.#parts.log.warn({ err }, 'A server could not leave in order'))
    return counts
  }

  // No more is handed out than the prefetch allows, so that what waits for a slot is bounded.
  async #pull(): Promise<void> {
    const parts = { ...this.#parts, slots: this.#slots, outcomes: this.#outcomes }
    for await (const delivery of this.#consumer?.calls(this.#stopping.signal) ?? [])
      this.#inFlight.start(() =>
        delivery.undecodable
          ? refuseUndecodable(parts, this.#apiName, delivery)
          : serveRpc(parts, delivery, this.#forced.signal),
      )
  }
}
