import type { RpcConsumer, RpcTransport } from '../contracts/rpc-transport.ts'
import { InFlight } from './in-flight.ts'
import { refuseUndecodable, serveRpc, type ServeRpcParts } from './serve-rpc.ts'

/** Calls executed at a time by one process, for each RPC transport that it serves on. */
export const rpcConcurrency = 100

/** The APIs that are served on one transport: a loop that takes a call whenever one can start. */
export class RpcServer {
  readonly #parts: ServeRpcParts
  readonly #apiNames: readonly string[]
  readonly #shutDown: (error: unknown) => void
  readonly #inFlight = new InFlight(rpcConcurrency)
  readonly #stopping = new AbortController()
  readonly #forced = new AbortController()
  #consumer: RpcConsumer | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(parts: ServeRpcParts, apiNames: readonly string[], shutDown: (error: unknown) => void) {
    this.#parts = parts
    this.#apiNames = apiNames
    this.#shutDown = shutDown
  }

  /** Once it resolves the process counts as a server. */
  async consume(transport: RpcTransport): Promise<void> {
    this.#consumer = await transport.consume({ apiNames: this.#apiNames, prefetch: () => rpcConcurrency })
  }

  /** Starts to serve. */
  run(): void {
    this.#loop = this.#pull().catch((error: unknown) => this.#shutDown(error))
  }

  /** Takes no new call, and waits until those that run are answered. */
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

  async #pull(): Promise<void> {
    for await (const delivery of this.#consumer?.calls(this.#stopping.signal) ?? []) {
      const unreadable = delivery.undecodable ? delivery : undefined
      this.#inFlight.start(() =>
        unreadable
          ? refuseUndecodable(this.#parts, this.#apiNames[0] ?? '', unreadable)
          : serveRpc(this.#parts, delivery, this.#forced.signal),
      )
      await this.#inFlight.room()
    }
  }
}
