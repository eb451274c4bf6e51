import type { OutcomeStore, RpcConsumer, RpcTransport } from '../contracts/rpc-transport.ts'
import { CallSlots, type CallLimits } from './call-slots.ts'
import { InFlight } from './in-flight.ts'
import { refuseUndecodable, serveRpc, type ServeRpcParts } from './serve-rpc.ts'

/** What is served on one transport: the APIs by name, each with its limits. */
export type ServedApis = ReadonlyMap<string, CallLimits>

/** The APIs that are served on one transport: a loop that takes a call whenever there is room for it. */
export class RpcServer {
  readonly #parts: Omit<ServeRpcParts, 'slots' | 'outcomes'>
  readonly #apiNames: readonly string[]
  readonly #shutDown: (error: unknown) => void
  readonly #slots: CallSlots
  readonly #inFlight = new InFlight()
  readonly #stopping = new AbortController()
  readonly #forced = new AbortController()
  #consumer: RpcConsumer | undefined
  #outcomes: OutcomeStore | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(
    parts: Omit<ServeRpcParts, 'slots' | 'outcomes'>,
    apis: ServedApis,
    shutDown: (error: unknown) => void,
  ) {
    this.#parts = parts
    this.#apiNames = [...apis.keys()]
    this.#shutDown = shutDown
    this.#slots = new CallSlots(apis, () => this.#consumer?.refresh())
  }

  /** Once it resolves the process counts as a server. */
  async consume(transport: RpcTransport): Promise<void> {
    this.#outcomes = transport.features.idempotency ? transport.outcomes : undefined
    this.#consumer = await transport.consume({
      apiNames: this.#apiNames,
      prefetch: () => this.#slots.prefetch,
    })
  }

  /** Starts to serve. */
  run(): void {
    this.#loop = this.#pull().catch((error: unknown) => this.#shutDown(error))
  }

  /** Takes no new call, and waits until those that it has taken are answered. */
  async drain(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#inFlight.idle()
  }

  /** Aborts what runs, and is a server no longer. Returns how many calls were aborted. */
  async close(): Promise<number> {
    const aborted = this.#inFlight.count
    this.#stopping.abort()
    this.#forced.abort()
    await this.#consumer?.close()
    return aborted
  }

  // No more is handed out than the prefetch allows, so that what waits for a slot is bounded.
  async #pull(): Promise<void> {
    const parts = { ...this.#parts, slots: this.#slots, outcomes: this.#outcomes }
    for await (const delivery of this.#consumer?.calls(this.#stopping.signal) ?? [])
      this.#inFlight.start(() =>
        delivery.undecodable
          ? refuseUndecodable(parts, this.#apiNames[0] ?? '', delivery)
          : serveRpc(parts, delivery, this.#forced.signal),
      )
  }
}
