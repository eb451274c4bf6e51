import { randomUUID } from 'node:crypto'
import {
  isBusError,
  transportRefused,
  type BusError,
  type EventAddress,
  type EventFeatures,
  type EventMessage,
  type EventTransport,
  type GroupStanding,
  type Health,
  type HistoryQuery,
  type ListenerAddress,
  type PastEvent,
  type Risk,
  type SendEventOptions,
  type Since,
  type SubscriptionRequest,
  type TransportContext,
} from '@lightbus/core/transport'
import type { GroupNames } from './event-group.ts'
import type { SentEvent } from './event-store.ts'
import { readEvent, writeEvent } from './event-text.ts'
import { Hearing } from './hearing.ts'
import { Link } from './link.ts'
import type { MemoryBroker } from './memory-broker.ts'
import { MemoryDeadLetters } from './memory-dead-letters.ts'
import { MemoryEventSubscription } from './memory-event-subscription.ts'
import { MemoryClaims, MemoryPayloads } from './memory-stores.ts'
import type { MemoryOptions } from './options.ts'
import { memoryRisks } from './risks.ts'
import { placeOf } from './stored-event.ts'

/** Events within this process. An event is with the consumer that waits for it when `send` resolves. */
export class MemoryEventTransport implements EventTransport {
  readonly name = 'memory'
  readonly features: EventFeatures
  readonly deadLetters: MemoryDeadLetters
  readonly claims: MemoryClaims
  readonly payloads: MemoryPayloads
  readonly #options: MemoryOptions
  readonly #context: TransportContext
  readonly #link: Link
  readonly #subscriptions = new Set<MemoryEventSubscription>()

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#options = options
    this.#context = context
    this.#link = new Link(options, context)
    this.features = featuresWith(options)
    this.claims = new MemoryClaims(this.#link)
    this.payloads = new MemoryPayloads(this.#link)
    this.deadLetters = new MemoryDeadLetters(this.#link, (listenerName) => this.#groupOf(listenerName))
  }

  get address(): string {
    return this.#link.address
  }

  async open(): Promise<void> {
    await this.#link.open()
  }

  async health(): Promise<Health> {
    return this.#link.health()
  }

  risks(): Promise<readonly Risk[]> {
    return this.#link.carry(() => memoryRisks)
  }

  async send(event: EventMessage, options: SendEventOptions = {}): Promise<void> {
    const sent = this.#written(event, options)
    await this.#link.carry((broker, isRepeated) => broker.events.send(sent, isRepeated), { isSend: true })
  }

  async sendBatch(
    events: readonly EventMessage[],
    options: SendEventOptions = {},
  ): Promise<readonly (BusError | undefined)[]> {
    const written = events.map((event) => this.#writtenOrNot(event, options))
    const send = (broker: MemoryBroker, isRepeated: boolean): void => {
      for (const sent of written) if (!isBusError(sent)) broker.events.send(sent, isRepeated)
    }
    await this.#link.carry(send, { isSend: true })
    return written.map((sent) => (isBusError(sent) ? sent : undefined))
  }

  async subscribe(request: SubscriptionRequest): Promise<MemoryEventSubscription> {
    const since = this.#checked(request.since ?? 'new')
    let subscription: MemoryEventSubscription | undefined
    try {
      return await this.#link.carry((broker) => (subscription = this.#subscription(request, broker, since)))
    } catch (error) {
      // The broker may have heard of it all the same.
      await subscription?.close()
      throw error
    }
  }

  async *history(address: EventAddress, query: HistoryQuery = {}): AsyncIterable<PastEvent> {
    for (const named of [query.from, query.to]) if (typeof named === 'string') this.#checkNativeId(named)
    for (const { text, nativeId, arrivedAtMs } of await this.#link.carry(({ events }) =>
      events.find(address, query),
    )) {
      const { event } = readEvent(text ?? '', nativeId)
      if (event) yield { event, nativeId, sentAt: new Date(arrivedAtMs) }
    }
  }

  /** A group that does not exist has nothing to hear, and nothing in hand. */
  async standing({ listenerName, events }: ListenerAddress): Promise<GroupStanding> {
    const { paths } = new Hearing(events)
    return this.#link.carry((broker) => broker.events.standing(this.#groupOf(listenerName), paths))
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.close()
    this.#link.close()
  }

  #subscription(request: SubscriptionRequest, broker: MemoryBroker, since: Since): MemoryEventSubscription {
    const parts = {
      link: this.#link,
      context: this.#context,
      names: this.#namesOf(request),
      hearing: new Hearing(request.events),
      prefetch: request.prefetch,
      leaseMs: this.#options.leaseMs,
      closed: () => this.#subscriptions.delete(subscription),
    }
    const subscription = new MemoryEventSubscription(parts, broker, since)
    this.#subscriptions.add(subscription)
    return subscription
  }

  #namesOf({ listenerName, audience }: SubscriptionRequest): GroupNames {
    const listener = this.#groupOf(listenerName)
    return { listener, name: audience === 'every-process' ? `${listener}-${randomUUID()}` : listener }
  }

  #groupOf(listenerName: string): string {
    return `${this.#context.serviceName}-${listenerName}`
  }

  #written(event: EventMessage, { delayMs = 0, ttlMs }: SendEventOptions): SentEvent {
    const { id, apiName, eventName, key } = event
    const text = writeEvent(event, this.address, this.#options.maxMessageBytes)
    const eventTtlMs = ttlMs ?? this.#options.eventTtlMs ?? Infinity
    return { id, apiName, eventName, key, text, delayMs, ttlMs: eventTtlMs, limits: this.#options }
  }

  #writtenOrNot(event: EventMessage, options: SendEventOptions): SentEvent | BusError {
    try {
      return this.#written(event, options)
    } catch (error) {
      if (isBusError(error)) return error
      throw error
    }
  }

  #checked(since: Since): Since {
    if (typeof since === 'object' && 'after' in since) this.#checkNativeId(since.after)
    return since
  }

  #checkNativeId(nativeId: string): void {
    if (placeOf(nativeId)) return
    const why = `"${nativeId}" is not the native id of an event`
    throw transportRefused({ transport: this.name, address: this.address, why })
  }
}

function featuresWith(options: MemoryOptions): EventFeatures {
  return {
    groups: true,
    durable: 'in-process',
    broadcast: true,
    order: 'key',
    nack: 'delayed',
    deliveryCount: true,
    dlq: true,
    lease: options.leaseMs,
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
    maxBytes: options.maxMessageBytes,
  }
}
