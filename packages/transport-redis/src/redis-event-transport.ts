import {
  transportClosed,
  type EventMessage,
  type EventSubscription,
  type EventTransport,
  type SubscriptionRequest,
} from '@lightbus/core/transport'
import { encodeEvent } from './event-fields.ts'
import { EventSource } from './event-source.ts'
import type { EventOptions } from './options.ts'
import { RedisEventSubscription } from './redis-event-subscription.ts'
import { RedisTransport } from './redis-transport.ts'
import { StreamGroup } from './stream-group.ts'

/** Events in streams, one consumer group for each listener of a service. */
export class RedisEventTransport extends RedisTransport<EventOptions> implements EventTransport {
  readonly features = {
    groups: true,
    durable: true,
    order: 'stream',
    nack: 'delayed',
    deliveryCount: true,
    dlq: true,
    lease: true,
    stableNames: true,
    replay: true,
  } as const
  private readonly subscriptions = new Set<RedisEventSubscription>()

  async send(event: EventMessage): Promise<void> {
    const { commands } = this.redis
    const { maxStreamLength, streamUse } = this.options
    const stream = this.keys.stream(event, streamUse)
    const fields = encodeEvent(event)
    await this.attempt(() =>
      maxStreamLength === null
        ? commands.xadd(stream, '*', ...fields)
        : commands.xadd(stream, 'MAXLEN', '~', maxStreamLength, '*', ...fields),
    )
  }

  async subscribe(request: SubscriptionRequest): Promise<EventSubscription> {
    const { redis } = this
    const sources = this.sources(request)
    const subscription = new RedisEventSubscription({
      redis,
      sources,
      options: this.options,
      context: this.context,
      prefetch: request.prefetch,
      onClose: () => this.subscriptions.delete(subscription),
      isHeldHere: (source, id) => [...this.subscriptions].some((one) => one.holds(source, id)),
    })
    this.subscriptions.add(subscription)
    try {
      await this.attempt(() => subscription.getReady(startId(request.since)))
    } catch (error) {
      await subscription.close()
      throw error
    }
    if (!this.subscriptions.has(subscription)) throw transportClosed({ transport: this.name })
    return subscription
  }

  protected override async letGo(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()))
  }

  private sources(request: SubscriptionRequest): EventSource[] {
    const { serviceName, processName } = this.context
    const byStream = new Map<string, EventSource>()
    for (const event of request.events) {
      const stream = this.keys.stream(event, this.options.streamUse)
      const names = { stream, group: `${serviceName}-${request.listenerName}`, consumer: processName }
      const source = byStream.get(stream) ?? new EventSource(new StreamGroup(this.redis.commands, names))
      source.want(event)
      byStream.set(stream, source)
    }
    return [...byStream.values()]
  }
}

function startId(since: SubscriptionRequest['since']): string {
  if (since === undefined || since === 'new') return '$'
  if (since === 'beginning') return '0'
  // The position is the last entry that was *not* wanted.
  return since.getTime() > 0 ? `${since.getTime() - 1}-18446744073709551615` : '0'
}
