import { once } from 'node:events'
import { eventUndecodable, type DeadLetterReason, type EventDelivery } from '@lightbus/core/transport'
import type { EventSubscription, Receipt, Settled, SubscriptionRequest } from '@lightbus/core/transport'
import { attempt } from './file-transport.ts'
import { isFor, type Group, type Unsettled } from './group.ts'
import type { Journal } from './journal.ts'

/** A member of a group. It holds what it was handed until that is settled, or it is closed itself. */
export class FileEventSubscription implements EventSubscription {
  readonly #request: SubscriptionRequest
  readonly #journal: Journal
  readonly #group: Group
  readonly #closed: () => void
  readonly #held = new Map<Receipt, Unsettled>()
  #isClosed = false

  constructor(request: SubscriptionRequest, journal: Journal, group: Group, closed: () => void) {
    this.#request = request
    this.#journal = journal
    this.#group = group
    this.#closed = closed
    group.members.add(this)
  }

  get state(): 'accepting' | 'busy' | 'stopped' {
    if (this.#isClosed) return 'stopped'
    return this.#held.size < this.#request.prefetch() ? 'accepting' : 'busy'
  }

  /** Nothing is fetched before it is pulled for, so that nothing has to be given back. */
  async *deliveries(signal: AbortSignal): AsyncGenerator<EventDelivery> {
    while (!signal.aborted && !this.#isClosed) {
      const event = this.state === 'accepting' ? this.#group.take(this.#request.events) : undefined
      if (event) yield this.#deliver(event)
      else await once(this.#journal.changes, 'change', { signal }).catch(() => undefined)
    }
  }

  refresh(): void {
    this.#journal.changes.emit('change')
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    return this.#letGo(receipt, (event) => this.#group.settle(event))
  }

  async giveBack(receipt: Receipt): Promise<Settled> {
    return this.#letGo(receipt, () => undefined)
  }

  async deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    return this.#letGo(receipt, (event) => this.#group.settle(event, reason))
  }

  async renew(receipt: Receipt): Promise<Settled> {
    return this.#held.has(receipt) ? 'settled' : 'lost'
  }

  async drained(): Promise<void> {
    const isLeft = ({ stored }: Unsettled): boolean => isFor(stored, this.#request.events)
    while (!this.#isClosed && [...this.#group.unsettled].some(isLeft))
      await once(this.#journal.changes, 'change')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const receipt of this.#held.keys()) await this.giveBack(receipt)
    this.#group.members.delete(this)
    this.refresh()
    this.#closed()
  }

  #deliver(unsettled: Unsettled): EventDelivery {
    const { nativeId, event } = unsettled.stored
    const delivery = { attempt: unsettled.attempts, nativeId, receipt: {} }
    this.#held.set(delivery.receipt, unsettled)
    // A copy: what a handler does to it must not show when it is delivered again.
    if (event) return { ...delivery, event: structuredClone(event) }
    return { ...delivery, undecodable: eventUndecodable({ nativeId, why: 'its line is no event' }) }
  }

  #letGo(receipt: Receipt, settle: (event: Unsettled) => void): Settled {
    const event = this.#held.get(receipt)
    if (!event) return 'lost'
    this.#held.delete(receipt)
    // What cannot be written down as settled is there again for the next who pulls.
    event.isHeld = false
    try {
      attempt(this.#journal.directory, () => settle(event))
    } finally {
      this.refresh()
    }
    return 'settled'
  }
}
