import {
  type DeadLetterReason,
  type EventDelivery,
  type EventSubscription,
  type Receipt,
  type Settled,
  type Since,
  type TransportContext,
} from '@lightbus/core/transport'
import { Drains } from './drains.ts'
import type { EventGroup, GroupNames } from './event-group.ts'
import { readEvent } from './event-text.ts'
import { Hold, type GroupMember } from './group-member.ts'
import type { Hearing } from './hearing.ts'
import { LeaseRenewal } from './lease-renewal.ts'
import type { Link } from './link.ts'
import type { MemoryBroker } from './memory-broker.ts'
import { PullSet } from './pulls.ts'

/** What a subscription is made of. */
export interface SubscriptionParts {
  readonly link: Link
  readonly context: TransportContext
  readonly names: GroupNames
  readonly hearing: Hearing
  readonly prefetch: () => number
  readonly leaseMs: number
  readonly closed: () => void
}

/**
 * A member of a group. What it was handed it holds until that is settled, its lease runs out or the subscription is closed;
 * for as long as its process runs it renews all leases. What it could not settle it renews no more, so that it comes back.
 */
export class MemoryEventSubscription implements EventSubscription, GroupMember {
  readonly hearing: Hearing
  readonly leaseMs: number
  readonly processName: string
  readonly #parts: SubscriptionParts
  readonly #broker: MemoryBroker
  readonly #held = new Set<Hold>()
  readonly #pulls = new PullSet(() => this.#take())
  readonly #drains: Drains
  readonly #renewal: LeaseRenewal
  readonly #stopReceiving: () => void
  /** What it has lost while its process could not be told. */
  readonly #lostUnheard = new Set<Hold>()
  #group: EventGroup
  #groupIsGone = false
  #isPaused = false
  #isClosed = false

  /** Joins its group at once; a new one starts at `since`. */
  constructor(parts: SubscriptionParts, broker: MemoryBroker, since: Since) {
    this.#parts = parts
    this.#broker = broker
    this.hearing = parts.hearing
    this.leaseMs = parts.leaseMs
    this.processName = parts.context.processName
    this.#drains = new Drains(this)
    this.#renewal = new LeaseRenewal(broker, parts.leaseMs / 3, () => this.#renewAll())
    this.#stopReceiving = parts.link.onReceiving(() => this.#receiveAgain())
    this.#group = this.#join(since)
  }

  get state(): 'accepting' | 'busy' | 'paused' | 'stopped' {
    if (this.#isClosed) return 'stopped'
    if (this.#isPaused) return 'paused'
    return this.#held.size < this.#parts.prefetch() ? 'accepting' : 'busy'
  }

  get isAlive(): boolean {
    return this.#parts.link.isAlive
  }

  get isLeaving(): boolean {
    return this.#drains.isLeaving
  }

  get isCrashed(): boolean {
    return this.#parts.link.isCrashed
  }

  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    return this.#pulls.iterate(signal)
  }

  refresh(): void {
    this.#pulls.offerAll()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.refresh()
  }

  offer(): boolean {
    return this.#pulls.offer()
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    return this.#settle(receipt, (hold) => this.#group.acknowledge(hold))
  }

  async giveBack(receipt: Receipt, options: { readonly delayMs?: number } = {}): Promise<Settled> {
    return this.#settle(receipt, (hold) => this.#group.giveBack(hold, options.delayMs ?? 0))
  }

  async deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    return this.#settle(receipt, (hold) => this.#broker.events.deadLetter(this.#group, hold, reason))
  }

  async renew(receipt: Receipt): Promise<Settled> {
    return this.#parts.link.carry(() => {
      if (!this.#isOurs(receipt)) return 'lost'
      return this.#group.renew([receipt]).length === 0 ? 'settled' : 'lost'
    })
  }

  drained(): Promise<void> | undefined {
    return this.#drains.wait()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { link, names, closed } = this.#parts
    this.#pulls.end()
    this.#drains.close()
    this.#renewal.stop()
    this.#stopReceiving()
    this.#held.clear()
    // A process that cannot be heard cannot give anything back: its leases run out.
    if (link.isReceiving) this.#group.leave(this)
    else this.#group.removeMember(this)
    if (names.name !== names.listener) this.#broker.events.drop(this.#group)
    closed()
  }

  lost(hold: Hold): void {
    if (!this.#parts.link.isReceiving) {
      this.#lostUnheard.add(hold)
      return
    }
    this.#forget(hold)
    hold.lose()
    this.refresh()
  }

  vanished(): void {
    this.#groupIsGone = true
    if (this.#parts.link.isReceiving) this.#joinAgain()
  }

  missed(count: number, why: string): void {
    const { context, names } = this.#parts
    const { listener } = names
    const events = count === 1 ? '1 event is' : `${count} events are`
    context.report({
      type: 'messages-lost',
      transport: 'memory',
      message: `${events} gone that the group ${listener} has not handled: ${why}.`,
      group: listener,
      count,
    })
  }

  #take(): EventDelivery | undefined {
    const { prefetch, link } = this.#parts
    if (this.#isPaused || !link.isReceiving || this.#held.size >= prefetch()) return undefined
    const hold = this.#group.take(this)
    if (!hold) return undefined
    this.#held.add(hold)
    this.#renewal.start()
    const { attempts, stored } = hold.event
    const { nativeId } = stored
    return { ...readEvent(hold.text, nativeId), attempt: attempts, nativeId, receipt: hold, lost: hold.lost }
  }

  async #settle(receipt: Receipt, act: (hold: Hold) => boolean): Promise<Settled> {
    try {
      return await this.#parts.link.carry(() => {
        if (!this.#isOurs(receipt)) return 'lost'
        // There is room for another from here on, which may come before the reply.
        this.#forget(receipt)
        return act(receipt) ? 'settled' : 'lost'
      })
    } finally {
      if (this.#isOurs(receipt)) this.#forget(receipt)
      this.refresh()
    }
  }

  async #renewAll(): Promise<void> {
    const { link } = this.#parts
    // One that stands still begins again when it goes on.
    if (!link.isAlive || this.#held.size === 0) return
    this.#renewal.start()
    try {
      const lost = await link.carry(() => this.#group.renew(this.#held))
      for (const hold of lost) this.lost(hold)
    } catch {
      // The link reports its loss itself. The leases may yet be renewed in time.
    }
  }

  #receiveAgain(): void {
    for (const hold of this.#lostUnheard) this.lost(hold)
    this.#lostUnheard.clear()
    if (this.#groupIsGone) this.#joinAgain()
    this.#renewal.stop()
    void this.#renewAll()
    this.refresh()
  }

  #isOurs(receipt: Receipt): receipt is Hold {
    return receipt instanceof Hold && receipt.member === this
  }

  #forget(hold: Hold): void {
    this.#held.delete(hold)
    if (this.#held.size === 0) this.#renewal.stop()
  }

  #join(since: Since): EventGroup {
    const group = this.#broker.events.join(this.#parts.names, this.hearing, since)
    group.addMember(this)
    this.#drains.follow(group)
    return group
  }

  // From its start, so that nothing is missed that came after the loss.
  #joinAgain(): void {
    const { context } = this.#parts
    this.#groupIsGone = false
    this.#group = this.#join('beginning')
    const message = `The group ${this.#group.listener} had vanished with all it had, and was made again.`
    context.report({ type: 'state-lost', transport: 'memory', message })
    this.refresh()
  }
}
