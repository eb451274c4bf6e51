import { setMaxListeners } from 'node:events'
import {
  realClock,
  type Clock,
  type EventTransport,
  type ResultTransport,
  type RpcTransport,
  type SchemaTransport,
  type Transport,
  type TransportContext,
  type TransportFactory,
  type TransportKind,
  type TransportModule,
} from '@lightbus/core/transport'
import type { Harness } from './harness.ts'

/** Who plays in a case: transports of some services in one namespace, all of them closed when the case is over. */
export class Stage {
  readonly clock: Clock
  readonly #module: TransportModule
  readonly #harness: Harness
  readonly #namespace: string
  readonly #transports: Transport[] = []
  readonly #work: Promise<void>[] = []
  readonly #ending = new AbortController()

  constructor(module: TransportModule, harness: Harness) {
    this.#module = module
    this.#harness = harness
    this.#namespace = harness.namespace()
    this.clock = harness.clock ?? realClock
    // A case may have as many consumers as it likes.
    setMaxListeners(0, this.signal)
  }

  /** Aborts when the case is over. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  event(serviceName?: string): Promise<EventTransport> {
    return this.#opened(this.#module.event, 'event', serviceName)
  }

  rpc(): Promise<RpcTransport> {
    return this.#opened(this.#module.rpc, 'rpc')
  }

  result(): Promise<ResultTransport> {
    return this.#opened(this.#module.result, 'result')
  }

  schema(): Promise<SchemaTransport> {
    return this.#opened(this.#module.schema, 'schema')
  }

  /** A transport of the kind that was never opened. */
  unopened(kind: TransportKind): Transport {
    const transport = this.#create<Transport>(this.#module[kind], kind, 'shop')
    this.#transports.push(transport)
    return transport
  }

  /** Work that goes on beside the case, to be over when the case is. */
  during(work: readonly Promise<void>[]): void {
    this.#work.push(...work)
  }

  async close(): Promise<void> {
    this.#ending.abort()
    for (const transport of this.#transports) await transport.close()
    await Promise.all(this.#work)
  }

  async #opened<T extends Transport>(
    factory: TransportFactory<T> | undefined,
    kind: TransportKind,
    serviceName = 'shop',
  ): Promise<T> {
    const transport = this.#create(factory, kind, serviceName)
    this.#transports.push(transport)
    await transport.open()
    return transport
  }

  #create<T>(factory: TransportFactory<T> | undefined, kind: TransportKind, serviceName: string): T {
    if (!factory) throw new Error(`The transport "${this.#module.name}" has no ${kind} transport.`)
    const processName = `${serviceName}-${this.#transports.length + 1}`
    const context: TransportContext = { serviceName, processName, clock: this.clock, report: () => {} }
    return factory.create(this.#harness.options(kind, this.#namespace), context)
  }
}

/** Registers a case, named by the guarantee that it proves. */
export type Case = (title: string, body: (stage: Stage) => Promise<void>) => void

/** Pulls the next item of an iteration that has not ended. */
export async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const result = await items.next()
  if (result.done) throw new Error('The iteration has ended.')
  return result.value
}

/** Starts an iteration by hand. */
export function iterate<T>(items: AsyncIterable<T>): AsyncIterator<T> {
  return items[Symbol.asyncIterator]()
}

/** The code of the error that an act rejects with; fails when it does not. */
export async function codeOf(act: Promise<unknown>): Promise<unknown> {
  try {
    await act
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  throw new Error('An error was expected, and there was none.')
}
