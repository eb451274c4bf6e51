import type { ApiRegistry } from '../api/api-registry.ts'
import type { Patience, TransportSet } from '../transports/transport-set.ts'
import type { CallLimits } from './call-slots.ts'
import type { InFlightCounts } from './in-flight.ts'
import { RpcServer, type RpcServerParts } from './rpc-server.ts'

export interface ServingParts {
  readonly apis: ApiRegistry
  readonly transports: TransportSet
  readonly callLimits: (apiName: string) => CallLimits
  readonly serving: Omit<RpcServerParts, 'results'>
}

/** The servers of all APIs of this process, one for each: an API that is slow or has too much to do takes no room from another. */
export class Serving {
  readonly #parts: ServingParts
  readonly #servers = new Map<string, RpcServer>()

  constructor(parts: ServingParts) {
    this.#parts = parts
  }

  /** Once it resolves the process counts as a server of all its APIs. */
  async begin(patience: Patience): Promise<void> {
    const { apis, transports, callLimits, serving } = this.#parts
    const results = (apiName: string) =>
      transports.ready('result', apiName) ?? transports.open('result', apiName)
    for (const { name, procedures } of apis.served()) {
      if (Object.keys(procedures).length === 0) continue
      await transports.openPatiently('result', name, patience)
      const transport = await transports.openPatiently('rpc', name, patience)
      const server = new RpcServer({ ...serving, results }, name, callLimits(name))
      this.#servers.set(name, server)
      await server.consume(transport)
    }
  }

  /** Starts to serve. */
  run(): void {
    for (const server of this.#servers.values()) server.run()
  }

  /** The limits of the API have changed: the new ones count from now on. */
  limitsChanged(apiName: string): void {
    this.#servers.get(apiName)?.limit(this.#parts.callLimits(apiName))
  }

  /** What is finished from here on is counted. */
  countAnew(): void {
    for (const server of this.#servers.values()) server.countAnew()
  }

  /** Takes no new call, and waits until those that were taken are answered. */
  async drain(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.drain()))
  }

  /** Aborts what runs; the process is a server no longer. What became of the calls that it had in hand. */
  async close(): Promise<InFlightCounts> {
    const servers = [...this.#servers.values()]
    this.#servers.clear()
    const counts = await Promise.all(servers.map((server) => server.close()))
    return {
      finished: counts.reduce((sum, { finished }) => sum + finished, 0),
      running: counts.reduce((sum, { running }) => sum + running, 0),
    }
  }
}
