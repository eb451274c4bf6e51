import { randomUUID } from 'node:crypto'
import type { ClaimStore } from '../contracts/stores.ts'
import type { Clock } from '../util/clock.ts'
import { holdClaim } from './held-claim.ts'

export interface InboxParts {
  readonly claims: ClaimStore
  readonly clock: Clock
  /** The group of the listener. */
  readonly group: string
  /** For how long the ids of handled events are kept. */
  readonly ttlMs: number
  readonly trouble: (error: unknown) => void
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
  async once(eventId: string, handle: () => Promise<void>): Promise<'handled' | 'known' | 'elsewhere'> {
    const { claims, group, ttlMs } = this.#parts
    const key = `inbox:${group}:${eventId}`
    const claim = await holdClaim(this.#parts, `${key}:in-hand`, randomUUID())
    if (!claim) return 'elsewhere'
    try {
      if (await claims.owner(key)) return 'known'
      await handle()
      await claims.claim(key, handled, { ttlMs })
      return 'handled'
    } finally {
      await claim.release().catch(this.#parts.trouble)
    }
  }
}

const handled = 'handled'
