import type { EventMessage } from '../messages/event-message.ts'
import type { ListenerAddress } from './event-address.ts'

/** The events that listeners have given up, each kept for the listener that did. */
export interface DeadLetterStore {
  /** Those of a listener of this service that are there when the reading begins, oldest first. A few at a time are in memory, however many there are. */
  list(listener: ListenerAddress): AsyncIterable<DeadLetter>
  /** Gives it back to its own group, and to no other, with the attempts counted anew (E30). False when it is there no more. */
  redrive(letter: DeadLetter): Promise<boolean>
  /** Deletes it. False when it is there no more. */
  discard(letter: DeadLetter): Promise<boolean>
}

/** An event that a listener has given up (E28). */
export interface DeadLetter {
  readonly id: string
  /** The group that gave it up: service and listener. */
  readonly group: string
  /** Where the event is kept, or was. */
  readonly nativeId: string
  /** Undefined when it could not be read as an event. */
  readonly event: EventMessage | undefined
  /** What the broker held, as text (E27). */
  readonly raw: string
  readonly reason: DeadLetterReason
  readonly deadAt: Date
}

/** Why an event was given up. */
export interface DeadLetterReason {
  readonly code: string
  readonly message: string
  /** Bounded by core. */
  readonly stack?: string
  readonly attempts: number
}
