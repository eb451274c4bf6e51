import type { BusError } from '../errors/define-error.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { Receipt, Settled, Transport } from './transport.ts'

/** What an event transport can do. What it does not declare, core does not ask of it, and the kit lists as absent. */
export interface EventFeatures {
  /** Every listener group gets every event, its members share them (E4, E10, E45, E82). */
  readonly groups?: boolean
  /** Events and positions outlive every process (E6, E9, E40–E43). */
  readonly durable?: boolean
  /** The order in which one consumer is given events (E50–E53). */
  readonly order?: 'stream' | 'key'
  /** `giveBack` at once, or also after a delay (E21, E22). */
  readonly nack?: 'now' | 'delayed'
  /** `attempt` counts over redelivery, members and restarts (E24). */
  readonly deliveryCount?: boolean
  /** Events given up are kept with their reason (E28–E30). */
  readonly dlq?: boolean
  /** What a living process holds is never given to another (E32, E35). */
  readonly lease?: boolean
  /** A process with the same name finds what its predecessor held at once (E44). */
  readonly stableNames?: boolean
  /** A new group may start in the past (E8). */
  readonly replay?: boolean
  /** An event may be sent to arrive later (E77). */
  readonly delay?: boolean
}

/** Carries events from their owner to every listener, at least once. */
export interface EventTransport extends Transport {
  readonly features: EventFeatures
  /**
   * Resolves when the broker has the event, and every consumer that was waiting for it has been handed it (E1–E3). Rejects in bounded time with an error
   * that says whether trying again helps (E63); the event may then have been sent all the same, so a second try keeps its id.
   */
  send(event: EventMessage, options?: SendEventOptions): Promise<void>
  /**
   * Gets ready to hear: once it resolves, no event fired from then on can be missed (E7). The position of a group that
   * exists is never moved (E9, E10).
   */
  subscribe(request: SubscriptionRequest): Promise<EventSubscription>
}

export interface SendEventOptions {
  /** Arrive no earlier than this many milliseconds from now. Needs the feature `delay`. */
  readonly delayMs?: number
}

/** Who wants to hear what. */
export interface SubscriptionRequest {
  /** With the service's name it names the group that shares the work. */
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  /** Where a group that does not exist yet starts: with what comes from now on unless given. Needs the feature `replay`. */
  readonly since?: 'new' | 'beginning' | Date
  /** How many deliveries may be held, that is fetched and not settled. Read before each fetch, so that it may change (E81). */
  readonly prefetch: () => number
}

export interface EventAddress {
  readonly apiName: string
  readonly eventName: string
}

/**
 * One listener's share of the events. Deliveries are *held* from the fetch until they are settled; where `lease` is declared
 * the transport renews all it holds by itself for as long as the subscription is open, however long a handler runs (E32–E34).
 */
export interface EventSubscription {
  /**
   * The deliveries, one at a time as they are pulled; the pull is the back-pressure. Ends when the signal aborts; what was fetched and not
   * handed out has been given back by then (E83). Survives the loss of the connection (E61). To be iterated once at a time.
   */
  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery>
  /** Handled: never delivered to this group again (E20). */
  acknowledge(receipt: Receipt): Promise<Settled>
  /** Not handled: deliver it again to any member of this group, after a delay if given (E21, E22). */
  giveBack(receipt: Receipt, options?: { readonly delayMs?: number }): Promise<Settled>
  /** Given up: kept as a dead letter of this group, and not delivered again (E26–E29). */
  deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled>
  /** Extends the lease at once by its full length, and tells whether it was still held (E35). */
  renew(receipt: Receipt): Promise<Settled>
  /**
   * Resolves when the group has nothing left to deliver or settle. Offered exactly by transports that are not durable: a
   * stopping worker waits for it, since what is left would be gone.
   */
  drained?(): Promise<void>
  /** Gives back what is still held, and leaves the group as it is. Idempotent. */
  close(): Promise<void>
}

/** One handing-over of an event, or of an entry that could not be read as one (E27). */
export type EventDelivery = {
  /** 1 the first time (E23, E24). */
  readonly attempt: number
  /** Where the broker keeps it, for logs: stream and entry id, say. */
  readonly nativeId: string
  readonly receipt: Receipt
  /** Aborts when somebody else was given the event while it was held here (E35). Only where `lease` is declared. */
  readonly lost?: AbortSignal
} & (
  | { readonly event: EventMessage; readonly undecodable?: undefined }
  | { readonly event?: undefined; readonly undecodable: BusError }
)

/** Why an event was given up. */
export interface DeadLetterReason {
  readonly code: string
  readonly message: string
  /** Bounded by core. */
  readonly stack?: string
  readonly attempts: number
}
