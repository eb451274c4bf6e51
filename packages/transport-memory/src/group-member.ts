import type { GroupEvent } from './group-event.ts'
import type { Hearing } from './hearing.ts'

/** Whoever takes events from a group. */
export interface GroupMember {
  readonly processName: string
  readonly hearing: Hearing
  readonly leaseMs: number
  /** Whether its process still runs. */
  readonly isAlive: boolean
  /** Whether its process has died without leaving. */
  readonly isCrashed: boolean
  /** Whether it is about to leave, and not to be relied on by others that are. */
  readonly isLeaving: boolean
  /** Takes and hands over one event, if it waits for one. */
  offer(): boolean
  /** It holds this no more: its lease ran out, or the group has forgotten it. */
  lost(hold: Hold): void
  /** The group is there no more. */
  vanished(): void
  /** So many events of the group are gone that nobody handled. */
  missed(count: number, why: string): void
}

/** An event in the hand of a member. It is the receipt of the delivery. */
export class Hold {
  readonly event: GroupEvent
  readonly member: GroupMember
  /** What the member was handed. */
  readonly text: string
  /** By the broker's clock. */
  expiresAtMs = 0
  readonly #lost = new AbortController()

  constructor(event: GroupEvent, member: GroupMember, text: string) {
    this.event = event
    this.member = member
    this.text = text
  }

  /** Aborts when the member has been told that it holds the event no more. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  lose(): void {
    this.#lost.abort()
  }
}
