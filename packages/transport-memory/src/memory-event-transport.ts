import type {
  EventFeatures,
  EventMessage,
  EventTransport,
  SendEventOptions,
  SubscriptionRequest,
  TransportContext,
} from '@lightbus/core/transport'
import { BrokerHold } from './broker-hold.ts'
import { MemoryEventSubscription } from './memory-event-subscription.ts'
import type { MemoryOptions } from './options.ts'

/** Events within this process. An event is with the consumer that waits for it when `send` resolves. */
export class MemoryEventTransport implements EventTransport {
  readonly name = 'memory'
  readonly features: EventFeatures = {
    groups: true,
    order: 'stream',
    nack: 'delayed',
    deliveryCount: true,
    dlq: true,
    stableNames: true,
    replay: true,
    delay: true,
  }
  readonly #options: MemoryOptions
  readonly #context: TransportContext
  readonly #hold: BrokerHold
  readonly #subscriptions = new Set<MemoryEventSubscription>()

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#options = options
    this.#context = context
    this.#hold = new BrokerHold(options.namespace)
  }

  get address(): string {
    return this.#hold.address
  }

  async open(): Promise<void> {
    this.#hold.open()
  }

  async send(event: EventMessage, options: SendEventOptions = {}): Promise<void> {
    const { events, timers } = this.#hold.broker
    const { clock } = this.#context
    const text = JSON.stringify(event)
    const arrive = (): void => events.append(event, text, clock.now(), this.#options.maxStreamLength)
    const delayMs = options.delayMs ?? 0
    if (delayMs > 0) timers.after(clock, delayMs, arrive)
    else arrive()
  }

  async subscribe(request: SubscriptionRequest): Promise<MemoryEventSubscription> {
    const paths = new Map(
      request.events.map(({ apiName, eventName }) => [`${apiName}.${eventName}`, apiName]),
    )
    const groupName = `${this.#context.serviceName}-${request.listenerName}`
    const group = this.#hold.broker.events.join(groupName, paths, request.since ?? 'new')
    const subscription = new MemoryEventSubscription({
      group,
      paths,
      prefetch: request.prefetch,
      clock: this.#context.clock,
      hold: this.#hold,
      closed: () => this.#subscriptions.delete(subscription),
    })
    this.#subscriptions.add(subscription)
    return subscription
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.close()
    this.#hold.close()
  }
}
