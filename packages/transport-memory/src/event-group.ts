import type { Clock, DeadLetterReason } from '@lightbus/core/transport'
import type { StoredEvent } from './stored-event.ts'
import { SortedQueue } from './sorted-queue.ts'
import type { Timers } from './timers.ts'

/** An event in the hands of a group: it waits, is held by a member, or rests until it is tried again. */
export interface GroupEvent {
  readonly sequence: number
  readonly stored: StoredEvent
  /** How often it was handed over. */
  attempts: number
}

/** An event that a group has given up, with the reason. */
export interface DeadLetter {
  readonly group: string
  readonly nativeId: string
  /** The event as it was sent: JSON text. */
  readonly raw: string
  readonly reason: DeadLetterReason
  readonly attempts: number
}

/** Whoever takes events from a group. */
export interface GroupMember {
  /** Takes and hands over one event, if it waits for one. */
  offer(): boolean
}

/** A listener's share of the events, the work of its members. It keeps them while all members are away. */
export class EventGroup {
  readonly name: string
  readonly deadLetters: DeadLetter[] = []
  readonly #timers: Timers
  /** The events heard, with the number of those that are not settled. */
  readonly #unsettled = new Map<string, number>()
  readonly #waiting = new SortedQueue<GroupEvent>()
  /** In the order in which they are asked: whoever takes an event goes to the end. */
  readonly #members = new Set<GroupMember>()
  readonly #settledWatchers = new Set<() => void>()

  constructor(name: string, timers: Timers) {
    this.name = name
    this.#timers = timers
  }

  /** From now on the group hears these events; false if it did already. */
  hear(path: string): boolean {
    if (this.#unsettled.has(path)) return false
    this.#unsettled.set(path, 0)
    return true
  }

  addMember(member: GroupMember): void {
    this.#members.add(member)
  }

  removeMember(member: GroupMember): void {
    this.#members.delete(member)
  }

  add(stored: StoredEvent): void {
    const unsettled = this.#unsettled.get(stored.path)
    if (unsettled === undefined) return
    this.#unsettled.set(stored.path, unsettled + 1)
    this.#wait({ sequence: stored.sequence, stored, attempts: 0 })
  }

  /** The oldest event of those the member hears; the member holds it from now on. */
  take(member: GroupMember, paths: { has(path: string): boolean }): GroupEvent | undefined {
    const taken = this.#waiting.takeFirst((waiting) => paths.has(waiting.stored.path))
    if (!taken) return undefined
    taken.attempts++
    this.#members.delete(member)
    this.#members.add(member)
    return taken
  }

  /** Puts what was held where it was, at once or after a rest. */
  putBack(event: GroupEvent, clock: Clock, delayMs: number): void {
    if (delayMs > 0) this.#timers.after(clock, delayMs, () => this.#wait(event))
    else this.#wait(event)
  }

  /** Done with, for this group. */
  settle(event: GroupEvent): void {
    const { path } = event.stored
    this.#unsettled.set(path, (this.#unsettled.get(path) ?? 1) - 1)
    for (const look of this.#settledWatchers) look()
  }

  /** Whether nothing waits, is held or rests. */
  isDrained(paths: Iterable<string>): boolean {
    for (const path of paths) if (this.#unsettled.get(path)) return false
    return true
  }

  /** Calls `look` whenever an event was settled, until the returned function is called. */
  watch(look: () => void): () => void {
    this.#settledWatchers.add(look)
    return () => this.#settledWatchers.delete(look)
  }

  #wait(event: GroupEvent): void {
    this.#waiting.add(event)
    for (const member of this.#members) if (member.offer()) return
  }
}
