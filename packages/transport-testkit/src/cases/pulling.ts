import type {
  EventDelivery,
  EventSubscription,
  EventTransport,
  RpcConsumer,
  RpcDelivery,
  RpcTransport,
  SubscriptionRequest,
} from '@lightbus/core/transport'
import type { Stage } from '../stage.ts'
import { address } from './samples.ts'

/** A member of a group, with its deliveries to be pulled by hand. */
export interface Listening {
  readonly subscription: EventSubscription
  readonly deliveries: AsyncIterator<EventDelivery>
}

/** Listens for the usual event as listener `mail`, up to ten at a time, unless it says otherwise. */
export async function listen(
  stage: Stage,
  events: EventTransport,
  changes: Partial<SubscriptionRequest> = {},
): Promise<Listening> {
  const request = { listenerName: 'mail', events: [address], prefetch: () => 10, ...changes }
  const subscription = await events.subscribe(request)
  return { subscription, deliveries: iterate(subscription.deliveries(stage.signal)) }
}

/** A server of the usual API, with its calls to be pulled by hand. */
export async function serve(
  stage: Stage,
  rpcs: RpcTransport,
  changes: {
    readonly apiNames?: readonly string[]
    readonly prefetch?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<{ readonly consumer: RpcConsumer; readonly calls: AsyncIterator<RpcDelivery> }> {
  const { apiNames = [address.apiName], prefetch = 10, signal = stage.signal } = changes
  const consumer = await rpcs.consume({ apiNames, prefetch: () => prefetch })
  return { consumer, calls: iterate(consumer.calls(signal)) }
}

/** Starts an iteration by hand. */
export function iterate<T>(items: AsyncIterable<T>): AsyncIterator<T> {
  return items[Symbol.asyncIterator]()
}

/** Pulls the next item of an iteration that has not ended. */
export async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const result = await items.next()
  if (result.done) throw new Error('The iteration has ended.')
  return result.value
}

/** The ids of the next deliveries, which stay held. */
export async function idsOf(deliveries: AsyncIterator<EventDelivery>, count: number): Promise<unknown[]> {
  const ids: unknown[] = []
  while (ids.length < count) ids.push((await next(deliveries)).event?.id)
  return ids
}

/** Pulls, acknowledges and gives the ids of the next deliveries. */
export async function handle({ subscription, deliveries }: Listening, count: number): Promise<unknown[]> {
  const ids: unknown[] = []
  while (ids.length < count) {
    const { event, receipt } = await next(deliveries)
    ids.push(event?.id)
    await subscription.acknowledge(receipt)
  }
  return ids
}

/** All that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = []
  for await (const item of items) gathered.push(item)
  return gathered
}
