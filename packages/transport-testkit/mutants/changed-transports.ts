import type {
  EventDelivery,
  EventSubscription,
  EventTransport,
  ResultTransport,
  RpcConsumer,
  RpcTransport,
  SchemaTransport,
  Transport,
  TransportContext,
  TransportFactory,
  TransportModule,
  TransportOptions,
} from '@lightbus/core/transport'
import { inspectBroker, transportModule, type MemoryBroker } from '@lightbus/transport-memory'
import { changed, mapped } from './changed.ts'

/** What a changed transport is made of. */
export interface Making<T> {
  readonly context: TransportContext
  /** The broker behind it, once it is open. */
  broker(): MemoryBroker
  /** A further one of its kind, with the same options. */
  another(): T
}

/** What a transport does otherwise than the original. */
export type Change<T> = (original: T, making: Making<T>) => Partial<T>

export function withEvents(change: Change<EventTransport>): TransportModule {
  return { ...transportModule, event: factoryWith(transportModule.event, change) }
}

export function withRpcs(change: Change<RpcTransport>): TransportModule {
  return { ...transportModule, rpc: factoryWith(transportModule.rpc, change) }
}

export function withResults(change: Change<ResultTransport>): TransportModule {
  return { ...transportModule, result: factoryWith(transportModule.result, change) }
}

export function withSchemas(change: Change<SchemaTransport>): TransportModule {
  return { ...transportModule, schema: factoryWith(transportModule.schema, change) }
}

/** The same change to the transports of all kinds. */
export function withAll(
  change: (original: Transport, making: Making<Transport>) => Partial<Transport>,
): TransportModule {
  const { event, rpc, result, schema } = transportModule
  return {
    ...transportModule,
    event: factoryWith<EventTransport>(event, change),
    rpc: factoryWith<RpcTransport>(rpc, change),
    result: factoryWith<ResultTransport>(result, change),
    schema: factoryWith<SchemaTransport>(schema, change),
  }
}

export function withEventOptions(options: TransportOptions): TransportModule {
  const { event } = transportModule
  const create: typeof event.create = (given, context) => event.create({ ...given, ...options }, context)
  return { ...transportModule, event: { ...event, create } }
}

export function withSubscriptions(
  change: (original: EventSubscription, making: Making<EventTransport>) => Partial<EventSubscription>,
): TransportModule {
  return withEvents((events, making) => ({
    async subscribe(request) {
      const subscription = await events.subscribe(request)
      return changed(subscription, change(subscription, making))
    },
  }))
}

/** A change to each delivery before it is handed out. */
export function withDeliveries(
  change: (delivery: EventDelivery, making: Making<EventTransport>) => EventDelivery | Promise<EventDelivery>,
): TransportModule {
  return withSubscriptions((subscription, making) => ({
    deliveries: (signal) => mapped(subscription.deliveries(signal), (delivery) => change(delivery, making)),
  }))
}

export function withConsumers(change: (original: RpcConsumer) => Partial<RpcConsumer>): TransportModule {
  return withRpcs((rpcs) => ({
    async consume(request) {
      const consumer = await rpcs.consume(request)
      return changed(consumer, change(consumer))
    },
  }))
}

function factoryWith<T extends Transport>(
  factory: TransportFactory<T>,
  change: Change<T>,
): TransportFactory<T> {
  return {
    optionsSchema: factory.optionsSchema,
    create(options, context) {
      const another = (): T => factory.create(options, context)
      const original = another()
      return changed(original, change(original, { context, another, broker: () => brokerOf(options) }))
    },
  }
}

function brokerOf({ namespace }: TransportOptions): MemoryBroker {
  const broker = inspectBroker(String(namespace))
  if (!broker) throw new Error('The transport is not open.')
  return broker
}
