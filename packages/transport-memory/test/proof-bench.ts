import { randomUUID } from 'node:crypto'
import { VirtualClock } from '@lightbus/core/testing'
import type {
  EventDelivery,
  EventTransport,
  ResultTransport,
  RpcTransport,
  Transport,
  TransportContext,
  TransportKind,
  TransportOptions,
} from '@lightbus/core/transport'
import { inspectBroker, transportModule, type MemoryBroker } from '../src/index.ts'

export const address = { apiName: 'shop.orders', eventName: 'placed' }

/** Where an option is proved: a namespace with a clock that goes on when it is told to. */
export class ProofBench {
  readonly clock = new VirtualClock()
  readonly namespace: string = randomUUID()
  readonly #open: Transport[] = []

  /** Its broker; there while a transport is open. */
  get broker(): MemoryBroker {
    const broker = inspectBroker(this.namespace)
    if (!broker) throw new Error('No transport is open.')
    return broker
  }

  event(options: TransportOptions = {}, processName?: string): Promise<EventTransport> {
    return this.#opened(transportModule.event.create(this.#place(options), this.#context(processName)))
  }

  rpc(options: TransportOptions = {}): Promise<RpcTransport> {
    return this.#opened(transportModule.rpc.create(this.#place(options), this.#context()))
  }

  result(options: TransportOptions = {}, processName?: string): Promise<ResultTransport> {
    return this.#opened(transportModule.result.create(this.#place(options), this.#context(processName)))
  }

  any(kind: TransportKind, options: TransportOptions): Promise<Transport> {
    return this.#opened(transportModule[kind].create(this.#place(options), this.#context()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((transport) => transport.close()))
  }

  async #opened<T extends Transport>(transport: T): Promise<T> {
    this.#open.push(transport)
    await transport.open()
    return transport
  }

  #place(options: TransportOptions): TransportOptions {
    return { namespace: this.namespace, ...options }
  }

  #context(processName = 'shop-1'): TransportContext {
    return { serviceName: 'shop', processName, clock: this.clock, report: () => undefined }
  }
}

/** What a member of the group `mail` has been given so far, as it comes. */
export async function heardBy(events: EventTransport): Promise<readonly EventDelivery[]> {
  const subscription = await events.subscribe({
    listenerName: 'mail',
    events: [address],
    prefetch: () => Infinity,
  })
  const heard: EventDelivery[] = []
  const hear = async (): Promise<void> => {
    for await (const delivery of subscription.deliveries(new AbortController().signal)) heard.push(delivery)
  }
  void hear()
  return heard
}

/** Lets what is ready run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
