import {
  transportClosed,
  type Clock,
  type DeadLetterReason,
  type EventDelivery,
  type EventMessage,
  type EventSubscription,
  type Receipt,
  type Settled,
} from '@lightbus/core/transport'
import type { BrokerHold } from './broker-hold.ts'
import type { EventGroup, GroupEvent, GroupMember } from './event-group.ts'
import type { StoredEvent } from './stored-event.ts'
import { Pulls } from './pulls.ts'

/** What a subscription is made of. */
export interface SubscriptionParts {
  readonly group: EventGroup
  /** The events it hears, each with its API. */
  readonly paths: ReadonlyMap<string, string>
  readonly prefetch: () => number
  readonly clock: Clock
  readonly hold: BrokerHold
  readonly closed: () => void
}

/** A member of a group. What it was handed it holds until that is settled or the subscription is closed. */
export class MemoryEventSubscription implements EventSubscription, GroupMember {
  readonly #parts: SubscriptionParts
  readonly #held = new Map<Receipt, GroupEvent>()
  readonly #pulls = new Set<Pulls<EventDelivery>>()
  readonly #rejectDrains = new Set<() => void>()
  #isClosed = false

  constructor(parts: SubscriptionParts) {
    this.#parts = parts
    parts.group.addMember(this)
  }

  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    if (this.#isClosed) throw transportClosed({ transport: 'memory' })
    const pulls = new Pulls(
      () => this.#take(),
      signal,
      () => this.#pulls.delete(pulls),
    )
    if (!signal.aborted) this.#pulls.add(pulls)
    return pulls
  }

  offer(): boolean {
    for (const pulls of this.#pulls) if (pulls.offer()) return true
    return false
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    return this.#settle(receipt, (event) => this.#parts.group.settle(event))
  }

  async giveBack(receipt: Receipt, options: { readonly delayMs?: number } = {}): Promise<Settled> {
    const { group, clock } = this.#parts
    return this.#settle(receipt, (event) => group.putBack(event, clock, options.delayMs ?? 0))
  }

  async deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    const { group } = this.#parts
    return this.#settle(receipt, (event) => {
      const { stored, attempts } = event
      const nativeId = nativeIdOf(stored)
      group.deadLetters.push({ group: group.name, nativeId, raw: stored.text, reason, attempts })
      group.settle(event)
    })
  }

  async renew(receipt: Receipt): Promise<Settled> {
    return this.#holds(receipt) ? 'settled' : 'lost'
  }

  drained(): Promise<void> {
    const { group, paths } = this.#parts
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(transportClosed({ transport: 'memory' }))
      if (this.#isClosed) return closed()
      const look = (): void => {
        if (!group.isDrained(paths.keys())) return
        stop()
        this.#rejectDrains.delete(rejectDrain)
        resolve()
      }
      const stop = group.watch(look)
      const rejectDrain = (): void => {
        stop()
        closed()
      }
      this.#rejectDrains.add(rejectDrain)
      look()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { group, clock, closed } = this.#parts
    group.removeMember(this)
    for (const pulls of this.#pulls) pulls.end()
    for (const rejectDrain of this.#rejectDrains) rejectDrain()
    this.#rejectDrains.clear()
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const event of held) group.putBack(event, clock, 0)
    closed()
  }

  #take(): EventDelivery | undefined {
    const { group, paths, prefetch } = this.#parts
    if (this.#held.size >= prefetch()) return undefined
    const taken = group.take(this, paths)
    if (!taken) return undefined
    const receipt = Object.freeze({})
    this.#held.set(receipt, taken)
    const event = JSON.parse(taken.stored.text) as EventMessage
    return { event, attempt: taken.attempts, nativeId: nativeIdOf(taken.stored), receipt }
  }

  #settle(receipt: Receipt, act: (event: GroupEvent) => void): Settled {
    const event = this.#holds(receipt)
    if (!event) return 'lost'
    this.#held.delete(receipt)
    act(event)
    // There is room for another now.
    while (this.offer());
    return 'settled'
  }

  #holds(receipt: Receipt): GroupEvent | undefined {
    // A closed subscription has lost what it held; on a closed transport it cannot even be asked.
    void this.#parts.hold.broker
    return this.#held.get(receipt)
  }
}

function nativeIdOf(stored: StoredEvent): string {
  return `${stored.apiName}/${stored.sequence}`
}
