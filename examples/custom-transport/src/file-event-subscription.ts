import { once } from 'node:events'
import type { EventDelivery, EventSubscription, Receipt } from '@lightbus/core/transport'
import type { Settled, SubscriptionRequest } from '@lightbus/core/transport'
import { isFor, type Group, type Unsettled } from './journal.ts'

/** A member of a group. It holds what it was handed until that is settled, or it is closed itself. */
export class FileEventSubscription implements EventSubscription {
  readonly #request: SubscriptionRequest
  readonly #group: Group
  readonly #settle: (nativeId: string) => void
  readonly #held = new Map<Receipt, Unsettled>()

  constructor(request: SubscriptionRequest, group: Group, settle: (nativeId: string) => void) {
    this.#request = request
    this.#group = group
    this.#settle = settle
    group.members.add(this)
  }

  get state(): 'accepting' | 'busy' | 'stopped' {
    if (!this.#group.members.has(this)) return 'stopped'
    return this.#held.size < this.#request.prefetch() ? 'accepting' : 'busy'
  }

  /** Nothing is taken before it is pulled for, so that nothing has to be given back. */
  async *deliveries(signal: AbortSignal): AsyncGenerator<EventDelivery> {
    while (!signal.aborted && this.state !== 'stopped') {
      const next = this.state === 'accepting' ? this.#left().find(({ isHeld }) => !isHeld) : undefined
      if (next) {
        const receipt = {}
        this.#held.set(receipt, next)
        next.isHeld = true
        // A copy: what a handler does to it must not show when it is delivered again.
        const event = structuredClone(next.event)
        yield { event, attempt: ++next.attempts, nativeId: next.nativeId, receipt }
      } else await once(this.#group.changes, 'change', { signal }).catch(() => undefined)
    }
  }

  refresh(): void {
    this.#group.changes.emit('change')
  }

  /** Gives it back first: if it cannot be written down as settled, it is there again for the next who pulls. */
  async acknowledge(receipt: Receipt): Promise<Settled> {
    const unsettled = this.#held.get(receipt)
    const settled = this.giveBack(receipt)
    if (unsettled) this.#settle(unsettled.nativeId)
    return settled
  }

  async giveBack(receipt: Receipt): Promise<Settled> {
    const unsettled = this.#held.get(receipt)
    if (!unsettled) return 'lost'
    this.#held.delete(receipt)
    unsettled.isHeld = false
    this.refresh()
    return 'settled'
  }

  async deadLetter(receipt: Receipt): Promise<Settled> {
    return this.acknowledge(receipt)
  }

  async renew(receipt: Receipt): Promise<Settled> {
    return this.#held.has(receipt) ? 'settled' : 'lost'
  }

  async drained(): Promise<void> {
    while (this.state !== 'stopped' && this.#left().length > 0) await once(this.#group.changes, 'change')
  }

  async close(): Promise<void> {
    this.#group.members.delete(this)
    for (const receipt of this.#held.keys()) await this.giveBack(receipt)
    this.refresh()
  }

  /** What the group has not settled of the events that this member hears, oldest first. */
  #left(): readonly Unsettled[] {
    return [...this.#group.unsettled.values()].filter(({ event }) => isFor(event, this.#request.events))
  }
}
