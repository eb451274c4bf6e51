import { once } from 'node:events'
import { eventUndecodable, type DeadLetterReason, type EventDelivery } from '@lightbus/core/transport'
import type { EventSubscription, Receipt, Settled, SubscriptionRequest } from '@lightbus/core/transport'
import { isFor, nativeId, type Group, type Unsettled } from './group.ts'
import type { Journal } from './journal.ts'

interface Parts {
  readonly request: SubscriptionRequest
  readonly journal: Journal
  readonly group: Group
  /** Turns troubles with files into errors of the bus. */
  readonly attempt: (act: () => void) => void
  readonly closed: () => unknown
}

/** A member of a group. It holds what it was handed until that is settled, or it is closed itself. */
export class FileEventSubscription implements EventSubscription {
  readonly #parts: Parts
  readonly #held = new Map<Receipt, Unsettled>()
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
    parts.group.members.add(this)
  }

  get state(): 'accepting' | 'busy' | 'stopped' {
    if (this.#isClosed) return 'stopped'
    return this.#held.size < this.#parts.request.prefetch() ? 'accepting' : 'busy'
  }

  /** Nothing is fetched before it is pulled for, so that nothing has to be given back. */
  async *deliveries(signal: AbortSignal): AsyncGenerator<EventDelivery> {
    const { request, journal, group } = this.#parts
    while (!signal.aborted && !this.#isClosed) {
      const event = this.state === 'accepting' ? group.take(request.events) : undefined
      if (event) yield this.#deliver(event)
      else await once(journal.changes, 'change', { signal }).catch(() => undefined)
    }
  }

  refresh(): void {
    this.#parts.journal.changes.emit('change')
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    return this.#end(receipt, (event) => this.#parts.group.settle(event))
  }

  async giveBack(receipt: Receipt): Promise<Settled> {
    return this.#end(receipt, () => undefined)
  }

  async deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    return this.#end(receipt, (event) => this.#parts.group.settle(event, reason))
  }

  async renew(receipt: Receipt): Promise<Settled> {
    return this.#held.has(receipt) ? 'settled' : 'lost'
  }

  async drained(): Promise<void> {
    const { request, journal, group } = this.#parts
    const isLeft = ({ stored }: Unsettled): boolean => isFor(stored, request.events)
    while (!this.#isClosed && [...group.unsettled].some(isLeft)) await once(journal.changes, 'change')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const receipt of this.#held.keys()) await this.giveBack(receipt)
    this.refresh()
    this.#parts.group.members.delete(this)
    this.#parts.closed()
  }

  #deliver(unsettled: Unsettled): EventDelivery {
    const { stored, attempts } = unsettled
    const delivery = { attempt: attempts, nativeId: nativeId(stored), receipt: {} }
    this.#held.set(delivery.receipt, unsettled)
    // Each handing-over is a message of its own, whatever becomes of it.
    if (stored.event) return { ...delivery, event: structuredClone(stored.event) }
    const why = 'the line is no event as JSON'
    return { ...delivery, undecodable: eventUndecodable({ nativeId: delivery.nativeId, why }) }
  }

  // What cannot be written down as settled is there again for the next who pulls.
  #end(receipt: Receipt, settle: (event: Unsettled) => void): Settled {
    const event = this.#held.get(receipt)
    if (!event) return 'lost'
    this.#held.delete(receipt)
    event.isHeld = false
    try {
      this.#parts.attempt(() => settle(event))
    } finally {
      this.refresh()
    }
    return 'settled'
  }
}
