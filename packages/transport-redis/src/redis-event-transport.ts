import {
  transportClosed,
  type BusError,
  type EventAddress,
  type EventFeatures,
  type EventMessage,
  type EventSubscription,
  type EventTransport,
  type GroupStanding,
  type HistoryQuery,
  type ListenerAddress,
  type PastEvent,
  type SendEventOptions,
  type SubscriptionRequest,
  type TransportContext,
} from '@lightbus/core/transport'
import { BroadcastSource } from './broadcast-source.ts'
import { BroadcastSubscription } from './broadcast-subscription.ts'
import { RedisDeadLetters } from './dead-letters.ts'
import { DelayedEvents, promoteDelayed } from './delayed-events.ts'
import { pastEvents, standingOf } from './event-history.ts'
import { EventSource } from './event-source.ts'
import { GroupBells } from './group-bells.ts'
import type { EventOptions } from './options.ts'
import { RedisEventSubscription } from './redis-event-subscription.ts'
import { RedisTransport } from './redis-transport.ts'
import { RedisClaims, RedisPayloads } from './redis-stores.ts'
import { Retention } from './retention.ts'
import { Rounds } from './rounds.ts'
import { EventSender } from './event-sender.ts'
import { StreamGroup } from './stream-group.ts'
import { firstIdOf, previousId, splitNativeId } from './stream-ids.ts'

/** Events in streams, one consumer group for each listener of a service. */
export class RedisEventTransport extends RedisTransport<EventOptions> implements EventTransport {
  protected readonly kind = 'event'
  readonly features: EventFeatures
  readonly deadLetters: RedisDeadLetters
  readonly claims: RedisClaims
  readonly payloads: RedisPayloads
  private sender: EventSender | undefined
  private delayed: DelayedEvents | undefined
  private retention: Retention | undefined
  private rounds: Rounds | undefined
  private bells: GroupBells | undefined
  private readonly subscriptions = new Set<RedisEventSubscription | BroadcastSubscription>()
  // By the group: what one of them holds is looked for often, and there may be many listeners.
  private readonly members = new Map<string, Set<RedisEventSubscription>>()

  constructor(options: EventOptions, context: TransportContext) {
    super(options, context)
    this.features = featuresOf(options)
    this.deadLetters = new RedisDeadLetters({
      commands: () => this.redis.commands,
      groups: (listener) => this.sources(listener).map(({ group }) => group),
      bell: (stream) => this.bell(stream),
      attempt: (act) => this.attempt(act),
    })
    const store = {
      commands: () => this.redis.commands,
      keys: this.keys,
      attempt: <T>(act: () => Promise<T>) => this.attempt(act),
    }
    this.claims = new RedisClaims(store)
    this.payloads = new RedisPayloads(store)
  }

  async send(event: EventMessage, options: SendEventOptions = {}): Promise<void> {
    const { commands, replicas } = this.redis
    const sender = (this.sender ??= new EventSender(commands, this.options))
    const [delayed, retention] = [this.delayedEvents(), this.streamRetention()]
    const stream = this.keys.stream(event, this.options.streamUse)
    const { waitReplicas } = this.options
    const sending = (): Promise<void> => sender.send(stream, event, options)
    try {
      await (waitReplicas ? replicas.covered(stream, waitReplicas, sending) : sending())
    } catch (error) {
      throw this.busError(error)
    }
    if (options.delayMs !== undefined && options.delayMs > 0) delayed.expect(stream, options.delayMs)
    else retention.added(stream)
  }

  /** All in one pipeline. */
  async sendBatch(
    events: readonly EventMessage[],
    options: SendEventOptions = {},
  ): Promise<readonly (BusError | undefined)[]> {
    void this.redis
    return Promise.all(
      events.map((event) =>
        this.send(event, options).then(
          () => undefined,
          (error: unknown) => this.busError(error),
        ),
      ),
    )
  }

  async subscribe(request: SubscriptionRequest): Promise<EventSubscription> {
    void this.redis
    const sources = this.sources(request)
    const onClose = (): void => void this.subscriptions.delete(subscription)
    const subscription =
      request.audience === 'every-process'
        ? this.broadcast(request, sources, onClose)
        : this.member(request, sources, onClose)
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

  async *history(address: EventAddress, query?: HistoryQuery): AsyncIterable<PastEvent> {
    const stream = this.keys.stream(address, this.options.streamUse)
    try {
      yield* pastEvents(this.redis.commands, stream, address, query)
    } catch (error) {
      throw this.busError(error)
    }
  }

  async standing(listener: ListenerAddress): Promise<GroupStanding> {
    const { commands } = this.redis
    return this.attempt(() => standingOf(commands, withRedriven(this.sources(listener))))
  }

  protected override async letGo(): Promise<void> {
    const { delayed, retention, rounds } = this
    this.sender = this.delayed = this.retention = this.rounds = this.bells = undefined
    rounds?.close()
    await Promise.all([
      delayed?.close(),
      retention?.idle(),
      ...[...this.subscriptions].map((subscription) => subscription.close()),
    ])
  }

  private member(
    { prefetch, listenerName }: SubscriptionRequest,
    sources: readonly EventSource[],
    onClose: () => void,
  ): RedisEventSubscription {
    const { redis, options, context } = this
    const group = this.group(listenerName)
    const members = this.members.get(group) ?? new Set()
    this.members.set(group, members)
    const member = new RedisEventSubscription({
      redis,
      rounds: this.groupRounds(),
      bells: (this.bells ??= new GroupBells(redis.commands, redis.doorbell)),
      options,
      context,
      prefetch,
      onClose: () => {
        members.delete(member)
        if (members.size === 0 && this.members.get(group) === members) this.members.delete(group)
        onClose()
      },
      sources: withRedriven(sources),
      isHeldHere: (source, id) =>
        [...(this.members.get(source.group) ?? [])].some((one) => one.holds(source, id)),
    })
    members.add(member)
    return member
  }

  private broadcast(
    { prefetch, listenerName }: SubscriptionRequest,
    sources: readonly EventSource[],
    onClose: () => void,
  ): BroadcastSubscription {
    const { redis, options, context } = this
    return new BroadcastSubscription({
      redis,
      rounds: this.groupRounds(),
      options,
      context,
      prefetch,
      onClose,
      sources: sources.map(
        (source) => new BroadcastSource(redis.commands, source.group.stream, (event) => source.wants(event)),
      ),
      group: this.group(listenerName),
    })
  }

  private delayedEvents(): DelayedEvents {
    const { commands } = this.redis
    const retention = this.streamRetention()
    this.delayed ??= new DelayedEvents({
      async promote(stream) {
        const { added, nextMs } = await promoteDelayed(commands, stream)
        if (added > 0) retention.added(stream, added)
        return nextMs
      },
      clock: this.context.clock,
      intervalMs: this.options.reclaimIntervalMs,
    })
    return this.delayed
  }

  private groupRounds(): Rounds {
    const { reclaimIntervalMs, consumerTtlMs } = this.options
    return (this.rounds ??= new Rounds({
      commands: this.redis.commands,
      clock: this.context.clock,
      delayed: this.delayedEvents(),
      lookMs: reclaimIntervalMs,
      consumerTtlMs,
      hasSlots: this.place.hasSlots,
    }))
  }

  private streamRetention(): Retention {
    const { redis, options, context } = this
    return (this.retention ??= new Retention({ commands: redis.commands, options, context }))
  }

  /** The streams of a listener, each with what it wants of it. */
  private sources({ listenerName, events }: ListenerAddress): EventSource[] {
    const consumer = this.options.consumerName ?? this.context.processName
    const byStream = new Map<string, EventSource>()
    for (const event of events) {
      const stream = this.keys.stream(event, this.options.streamUse)
      const names = { stream, group: this.group(listenerName), consumer, bell: this.bell(stream) }
      const source = byStream.get(stream) ?? new EventSource(new StreamGroup(this.redis.commands, names))
      source.want(event)
      byStream.set(stream, source)
    }
    return [...byStream.values()]
  }

  private group(listenerName: string): string {
    return `${this.serviceName}-${listenerName}`
  }

  private bell(stream: string): string {
    return this.keys.bell(stream, this.serviceName)
  }

  private get serviceName(): string {
    return this.options.serviceName ?? this.context.serviceName
  }
}

function featuresOf({ leaseMs, maxMessageBytes, streamUse }: EventOptions): EventFeatures {
  return {
    groups: true,
    durable: 'across-processes',
    broadcast: true,
    // A key belongs to an API: with a stream for each event it holds for the events of one name only.
    order: streamUse === 'per_api' ? 'key' : 'stream',
    nack: 'delayed',
    deliveryCount: true,
    dlq: true,
    lease: leaseMs,
    stableNames: true,
    replay: true,
    batch: true,
    pausable: true,
    retention: true,
    history: true,
    lag: true,
    counts: true,
    ttl: true,
    delay: true,
    dedup: true,
    claims: true,
    payloads: true,
    maxBytes: maxMessageBytes,
  }
}

function withRedriven(sources: readonly EventSource[]): EventSource[] {
  return [...sources, ...sources.map((source) => source.redriven())]
}

/** The position of a group is the last entry that was *not* wanted. */
function startId(since: SubscriptionRequest['since']): string {
  if (since === undefined || since === 'new') return '$'
  if (since === 'beginning') return '0'
  if (since instanceof Date) return previousId(firstIdOf(since)) ?? '0'
  return splitNativeId(since.after).id
}
