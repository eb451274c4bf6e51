import type {
  EventFeatures,
  EventMessage,
  EventTransport,
  SubscriptionRequest,
} from '@lightbus/core/transport'
import { FileEventSubscription } from './file-event-subscription.ts'
import { FileTransport } from './file-transport.ts'

/** Events in files: what `send` has resolved for is written, and with the groups that hear it. */
export class FileEventTransport extends FileTransport implements EventTransport {
  readonly features: EventFeatures = {
    groups: true,
    durable: 'in-process',
    order: 'stream',
    nack: 'now',
    deliveryCount: true,
    replay: true,
  }
  readonly #subscriptions = new Set<FileEventSubscription>()

  async send(event: EventMessage): Promise<void> {
    this.use((journal) => journal.append(event, this.context.clock.now()))
  }

  async subscribe(request: SubscriptionRequest): Promise<FileEventSubscription> {
    return this.use((journal) => {
      const group = journal.group(`${this.context.serviceName}+${request.listenerName}`)
      group.join(request.events, request.since ?? 'new')
      const subscription = new FileEventSubscription(request, journal, group, () => {
        this.#subscriptions.delete(subscription)
      })
      this.#subscriptions.add(subscription)
      return subscription
    })
  }

  override async close(): Promise<void> {
    for (const subscription of this.#subscriptions) await subscription.close()
    await super.close()
  }
}
