import { randomUUID } from 'node:crypto'
import type { DeadLetterReason } from '@lightbus/core/transport'
import type { EventGroup } from './event-group.ts'
import type { Hold } from './group-member.ts'
import type { StoredEvent } from './stored-event.ts'

/** An event that a group has given up, as the broker keeps it. */
export interface KeptLetter {
  readonly id: string
  /** The name of the group that gave it up, and of its listener. */
  readonly group: string
  readonly listener: string
  readonly stored: StoredEvent
  /** What its last holder was handed. */
  readonly raw: string
  readonly reason: DeadLetterReason
  readonly deadAtMs: number
}

/** The events that were given up, by their own id; the oldest first. */
export class DeadLetterBox {
  #letters = new Map<string, KeptLetter>()

  add(group: EventGroup, hold: Hold, reason: DeadLetterReason, deadAtMs: number): void {
    const id = randomUUID()
    this.#letters.set(id, {
      id,
      group: group.name,
      listener: group.listener,
      stored: hold.event.stored,
      raw: hold.text,
      reason: { ...reason },
      deadAtMs,
    })
  }

  /** Those of a listener, of these events. */
  of(listener: string, paths: ReadonlySet<string>): readonly KeptLetter[] {
    return [...this.#letters.values()].filter(
      (letter) => letter.listener === listener && paths.has(letter.stored.path),
    )
  }

  get(id: string): KeptLetter | undefined {
    return this.#letters.get(id)
  }

  /** False when it is there no more. */
  delete(id: string): boolean {
    return this.#letters.delete(id)
  }

  clear(): void {
    this.#letters.clear()
  }

  /** The returned function brings this moment back. */
  checkpoint(): () => void {
    const letters = new Map(this.#letters)
    return () => (this.#letters = new Map(letters))
  }
}
