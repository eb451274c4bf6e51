import { randomUUID } from 'node:crypto'
import { VirtualClock } from '@lightbus/core/testing'
import {
  createEventMessage,
  type EventDelivery,
  type EventMessage,
  type TransportNotice,
  type TransportOptions,
} from '@lightbus/core/transport'
import { inspectBroker, transportModule, type MemoryBroker } from '../src/index.ts'

export const address = { apiName: 'shop.orders', eventName: 'placed' }
export const leaseMs = 60_000
export const listener = { listenerName: 'mail', events: [address] }
export const request = { ...listener, prefetch: () => 10 }

type EventTransport = ReturnType<typeof transportModule.event.create>
type Subscription = Awaited<ReturnType<EventTransport['subscribe']>>

/** An event whose parameters are its id. */
export function event(id: string, changes: Partial<EventMessage> = {}): EventMessage {
  return createEventMessage({ id, ...address, parameters: { id }, ...changes })
}

/** A namespace of its own, a clock that stands still, and processes that are closed in the end. */
export class EventStage {
  readonly clock = new VirtualClock()
  readonly notices: TransportNotice[] = []
  readonly namespace = randomUUID()
  readonly #transports: EventTransport[] = []
  readonly #stopping = new AbortController()

  get broker(): MemoryBroker {
    const broker = inspectBroker(this.namespace)
    if (!broker) throw new Error('No transport is open.')
    return broker
  }

  /** An open transport of a process of this name. */
  async process(processName = 'one', options: TransportOptions = {}): Promise<EventTransport> {
    const report = (notice: TransportNotice): void => void this.notices.push(notice)
    const context = { serviceName: 'shop', processName, clock: this.clock, report }
    const transport = transportModule.event.create({ namespace: this.namespace, ...options }, context)
    await transport.open()
    this.#transports.push(transport)
    return transport
  }

  deliveries(subscription: Subscription): AsyncIterator<EventDelivery> {
    return subscription.deliveries(this.#stopping.signal)[Symbol.asyncIterator]()
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    for (const transport of this.#transports) await transport.close()
  }
}

/** The next delivery. */
export async function taken(deliveries: AsyncIterator<EventDelivery>): Promise<EventDelivery> {
  const { value, done } = await deliveries.next()
  if (done) throw new Error('The deliveries have ended.')
  return value
}

/** The ids of the next events. */
export async function ids(deliveries: AsyncIterator<EventDelivery>, count: number): Promise<unknown[]> {
  const found: unknown[] = []
  while (found.length < count) found.push((await taken(deliveries)).event?.id)
  return found
}

/** All there is. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
