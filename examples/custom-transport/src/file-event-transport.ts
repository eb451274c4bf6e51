import { resolve } from 'node:path'
import { transportClosed, type EventMessage, type EventTransport } from '@lightbus/core/transport'
import type { Health, SubscriptionRequest, TransportContext } from '@lightbus/core/transport'
import { FileEventSubscription } from './file-event-subscription.ts'
import { Journal } from './journal.ts'

/** The journals that are open, by path: two that each know half of what is written would be wrong. */
export const journals = new Map<string, Journal>()

/** Events in a file: what `send` has resolved for is written, and with the groups that hear it. */
export class FileEventTransport implements EventTransport {
  readonly name = 'files'
  readonly address: string
  readonly features = { groups: true, durable: 'in-process', order: 'stream', nack: 'now' } as const
  readonly #serviceName: string
  readonly #subscriptions: FileEventSubscription[] = []
  #journal: Journal | undefined

  constructor(file: string, { serviceName }: TransportContext) {
    this.address = resolve(file)
    this.#serviceName = serviceName
  }

  async open(): Promise<void> {
    if (this.#journal) return
    this.#journal = journals.get(this.address) ?? new Journal(this.address)
    this.#journal.holders++
    journals.set(this.address, this.#journal)
  }

  async health(): Promise<Health> {
    return this.#journal ? { isUp: true } : { isUp: false, why: 'It is closed.' }
  }

  async send(event: EventMessage): Promise<void> {
    if (!this.#journal) throw transportClosed({ transport: this.name })
    this.#journal.write({ nativeId: crypto.randomUUID(), event: structuredClone(event) })
  }

  async subscribe(request: SubscriptionRequest): Promise<FileEventSubscription> {
    const journal = this.#journal
    if (!journal) throw transportClosed({ transport: this.name })
    const name = `${this.#serviceName}+${request.listenerName}`
    const settle = (nativeId: string): void => journal.write({ group: name, settles: nativeId })
    const subscription = new FileEventSubscription(request, journal.join(name, request.events), settle)
    this.#subscriptions.push(subscription)
    return subscription
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) await subscription.close()
    if (this.#journal && --this.#journal.holders === 0) journals.delete(this.address)
    this.#journal = undefined
  }
}
