import { randomUUID } from 'node:crypto'
import type { ClaimStore } from '../contracts/stores.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { Clock } from '../util/clock.ts'
import { holdClaim } from './held-claim.ts'

export interface InboxParts {
  readonly claims: ClaimStore
  readonly clock: Clock
  /** The group of the listener. */
  readonly group: string
  /** For how long the ids of handled events are kept. */
  readonly ttlMs: number
  /** Told when a claim for an event could not be kept or given up. */
  readonly trouble: (error: unknown, event: EventMessage) => void
}

/** Remembers which events a listener has handled, so that each is handled once although it was sent or delivered twice. */
export class Inbox {
  readonly #parts: InboxParts

  constructor(parts: InboxParts) {
    this.#parts = parts
  }

  /**
   * Handles an event unless it has been handled, and remembers it when that went well. `elsewhere` when another copy of it is in
   * hand. A process that dies in between leaves the event to be handled again: what must not happen twice belongs into one
   * transaction with the handler's own data.
   */
  async once(event: EventMessage, handle: () => Promise<void>): Promise<'handled' | 'known' | 'elsewhere'> {
    const { claims, clock, group, ttlMs } = this.#parts
    const trouble = (error: unknown): void => this.#parts.trouble(error, event)
    const key = `inbox:${group}:${event.id}`
    const claim = await holdClaim({ claims, clock, trouble }, `${key}:in-hand`, randomUUID())
    if (!claim) return 'elsewhere'
    try {
      if (await claims.owner(key)) return 'known'
      await handle()
      await claims.claim(key, handled, { ttlMs })
      return 'handled'
    } finally {
      await claim.release().catch(trouble)
    }
  }
}

const handled = 'handled'
