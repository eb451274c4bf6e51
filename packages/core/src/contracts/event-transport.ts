import type { BusError } from '../errors/define-error.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { DeadLetterReason, DeadLetterStore } from './dead-letters.ts'
import type { EventAddress, ListenerAddress } from './event-address.ts'
import type { ClaimStore, PayloadStore } from './stores.ts'
import type { Receipt, Settled, Transport } from './transport.ts'

/** What an event transport can do. What it does not declare, core does not ask of it, and the kit lists as absent. */
export interface EventFeatures {
  /** Every listener group gets every event, its members share them (E4, E10, E45, E82). */
  readonly groups?: boolean
  /** Events and positions outlive their consumers (E6, E9, E42, E43), and every process (E40, E41). */
  readonly durable?: 'in-process' | 'across-processes'
  /** A subscription may be for every process instead of for a group (E5, E11). */
  readonly broadcast?: boolean
  /** The order in which one consumer is given events, or all consumers those of one key (E50–E53). */
  readonly order?: 'stream' | 'key'
  /** `giveBack` at once, or also after a delay (E21, E22). */
  readonly nack?: 'now' | 'delayed'
  /** `attempt` counts over redelivery, members and restarts (E24). */
  readonly deliveryCount?: boolean
  /** Events given up are kept with their reason, in `deadLetters` (E26, E28–E30). */
  readonly dlq?: boolean
  /** For how many milliseconds a silent process keeps what it holds; a living one renews it (E32, E35). */
  readonly lease?: number
  /** A process with the same name finds what its predecessor held at once (E44). */
  readonly stableNames?: boolean
  /** A new group may start in the past (E8). */
  readonly replay?: boolean
  /** `sendBatch`: many events in one step, each with an outcome of its own (E12, E31). */
  readonly batch?: boolean
  /** `pause` and `resume` of a subscription (L7). */
  readonly pausable?: boolean
  /** What limits keep and drop is as configured, and what is dropped is counted (E70); without a limit nothing is (E72). */
  readonly retention?: boolean
  /** `history` (E73). */
  readonly history?: boolean
  /** `standing` tells how far a group is (E74). */
  readonly lag?: boolean
  /** `standing` also counts all that became of a group's events (E91). */
  readonly counts?: boolean
  /** An event may expire unheard (E76). */
  readonly ttl?: boolean
  /** An event may be sent to arrive later (E77). */
  readonly delay?: boolean
  /** An event with an id that was sent a short while ago is stored once (E78). */
  readonly dedup?: boolean
  /** `claims` (E92). */
  readonly claims?: boolean
  /** `payloads` (E93). */
  readonly payloads?: boolean
  /** The size of the largest event in bytes, as the transport writes it (E75). */
  readonly maxBytes?: number
}

/**
 * Carries events from their owner to every listener, at least once: through restarts of the broker (E60), silence (E62) and
 * failovers (E66), with their headers as they were sent (E90). Who only sends leaves nothing behind (L10).
 */
export interface EventTransport extends Transport {
  readonly features: EventFeatures
  /**
   * Resolves when the broker has the event, and every consumer that was waiting for it has been handed it (E1–E3). Rejects in
   * bounded time with an error that says whether trying again helps (E63, E65); the event may then have been sent all the same, so a second try
   * keeps its id. One that is too large rejects with `BUS_MESSAGE_TOO_LARGE` (E75).
   */
  send(event: EventMessage, options?: SendEventOptions): Promise<void>
  /** Sends in order; for each event undefined, or why it was not sent (E12). Present where `batch` is declared. */
  sendBatch?(
    events: readonly EventMessage[],
    options?: SendEventOptions,
  ): Promise<readonly (BusError | undefined)[]>
  /**
   * Gets ready to hear: once it resolves, no event fired from then on can be missed (E7). The position of a group that
   * exists is never moved (E9, E10).
   */
  subscribe(request: SubscriptionRequest): Promise<EventSubscription>
  /** Events of the past, without any effect on groups (E73). Present where `history` is declared. */
  history?(address: EventAddress, query?: HistoryQuery): AsyncIterable<PastEvent>
  /** How a group stands. Present where `lag` or `counts` is declared. */
  standing?(listener: ListenerAddress): Promise<GroupStanding>
  /** The events that were given up. Present where `dlq` is declared. */
  readonly deadLetters?: DeadLetterStore
  /** Claims that processes share. Present where `claims` is declared. */
  readonly claims?: ClaimStore
  /** Where what is too large to travel is kept. Present where `payloads` is declared. */
  readonly payloads?: PayloadStore
}

export interface SendEventOptions {
  /** Arrive no earlier than this many milliseconds from now. Needs the feature `delay`. */
  readonly delayMs?: number
  /** Not to be handed over this many milliseconds after it was sent, whatever the transport's setting says. Needs the feature `ttl`. */
  readonly ttlMs?: number
}

/** Who wants to hear what. */
export interface SubscriptionRequest {
  /** With the service's name it names the group that shares the work. */
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  /** Whether the listener's processes share the events, or each hears them all for as long as it is subscribed. `group` unless given; the other needs the feature `broadcast`. */
  readonly audience?: 'group' | 'every-process'
  /** Where a group that does not exist yet starts: with what comes from now on unless given. Needs the feature `replay`. */
  readonly since?: Since
  /** How many deliveries may be held, that is fetched and not settled. Read before each fetch, so that it may change (E80, E81). */
  readonly prefetch: () => number
}

/** A start: with new events, with the oldest that is kept, with a time, or with the event after a native id. */
export type Since = 'new' | 'beginning' | Date | { readonly after: string }

/** Which events of the past: all, oldest first, unless it says otherwise. */
export interface HistoryQuery {
  /** The first one: by its time, or by a native id, which is included unless `exclusive`. */
  readonly from?: Date | string
  /** The last one, likewise. */
  readonly to?: Date | string
  readonly exclusive?: boolean
  readonly newestFirst?: boolean
}

export interface PastEvent {
  readonly event: EventMessage
  readonly nativeId: string
  readonly sentAt: Date
}

/** How a group stands. */
export interface GroupStanding {
  /** Events that the group has not been handed yet. */
  readonly lag: number
  /** Events that were handed over and are not settled: in hand, or waiting for another attempt. */
  readonly pending: number
  /** What became of the others since the group exists. Where `counts` is declared. */
  readonly counts?: {
    readonly acknowledged: number
    readonly deadLettered: number
    readonly expired: number
    readonly trimmed: number
  }
}

/**
 * One listener's share of the events. Deliveries are *held* from the fetch until they are settled; where `lease` is declared
 * the transport renews all it holds by itself for as long as the subscription is open, however long a handler runs (E32–E34).
 */
export interface EventSubscription {
  /** Accepting until it holds as much as it may, then busy; paused and stopped as it was told (L7). */
  readonly state: 'accepting' | 'busy' | 'paused' | 'stopped'
  /**
   * The deliveries, one at a time as they are pulled; the pull is the back-pressure. Ends when the signal aborts; what was fetched and not
   * handed out has been given back by then (E83, E84). Survives the loss of the connection (E61). What a process that has died held comes
   * from wherever it was (E46), and what is not overdue stays (E47). Each handing-over is a message of its own (E25). To be iterated once at a time.
   */
  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery>
  /** The prefetch may have grown: fetches what there is room for (E80). */
  refresh(): void
  /** Hands out nothing more until `resume`; what is held stays held. Present where `pausable` is declared. */
  pause?(): void
  resume?(): void
  /** Handled: never delivered to this group again (E20). */
  acknowledge(receipt: Receipt): Promise<Settled>
  /** Not handled: deliver it again to any member of this group, after a delay if given (E21, E22). */
  giveBack(receipt: Receipt, options?: { readonly delayMs?: number }): Promise<Settled>
  /** Given up: kept as a dead letter of this group, and not delivered again (E26–E29). */
  deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled>
  /** Extends the lease at once by its full length, and tells whether it was still held (E35). */
  renew(receipt: Receipt): Promise<Settled>
  /**
   * Resolves when the group has nothing left to deliver or settle, or another member that will. Offered exactly by transports that are not durable across
   * processes: a stopping worker waits for it, since what is left would be gone. Undefined where that is so already: then the worker takes nothing new from
   * this very turn on.
   */
  drained?(): Promise<void> | undefined
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
