import type { Clock } from '../util/clock.ts'

/**
 * What all transports have in common. The numbers (L1, E20, …) name the guarantees that a member keeps; the
 * conformance kit has a case for each.
 */
export interface Transport {
  /** What it is called in logs and errors, such as `redis`. */
  readonly name: string
  /** Where it leads, for people: `redis://127.0.0.1:6379/0`. Without secrets (L14). */
  readonly address: string
  /**
   * Connects, and checks that the broker can do what will be asked of it (L18). Resolves at once when open already.
   * Rejects in bounded time with a `retriable` error when the broker is not there, with a terminal one when trying again cannot
   * help (L9, L12); leaves nothing behind then. Whoever opens decides whether to try again.
   */
  open(): Promise<void>
  /**
   * Gives back what is held and frees everything, also while something waits (L2, L3). Harmless before open and when
   * repeated (L1); may be opened again afterwards (L6), as often as wanted (L8). Any other use after it rejects with `BUS_TRANSPORT_CLOSED` (L11).
   */
  close(): Promise<void>
  /**
   * Whether messages can travel at this moment; never rejects. A loop that receives and has made no progress for too long counts
   * as down, however alive the process is (L15).
   */
  health(): Promise<Health>
  /**
   * What the settings of the broker, as they are now, may do to messages: for `lightbus doctor`, while open. What this user may not look
   * at is a warning, never an error. Left out: nothing is known.
   */
  risks?(): Promise<readonly Risk[]>
}

/** How a transport is. */
export type Health = { readonly isUp: true } | { readonly isUp: false; readonly why: string }

/** A setting that may cost messages, and what to do about it. Without secrets. */
export interface Risk {
  /** `danger`: messages are lost, refused or read by strangers in ordinary operation; `warning`: only after a mishap. */
  readonly severity: 'danger' | 'warning'
  /** As the broker or the options call it: `maxmemory-policy`, `wait_replicas`. */
  readonly setting: string
  /** What it is now. */
  readonly value: string
  /** One sentence: what may happen. */
  readonly risk: string
  /** One sentence: what to set or to do. */
  readonly cure: string
}

/**
 * What a bus tells its transports; one object per bus, the same for all transports of the bus. The bus sees to what concerns handlers: they
 * finish when it stops in time (L4), are aborted unsettled when it does not (L5), and a run without trouble logs none (L19).
 */
export interface TransportContext {
  /** The processes that share a code base, and so the work of a listener. */
  readonly serviceName: string
  /** This one of them. */
  readonly processName: string
  readonly clock: Clock
  /** Tells the bus of something that no caller waits for; never throws. */
  report(notice: TransportNotice): void
}

/** Something that happened to a transport on its own account. */
export interface TransportNotice {
  readonly type:
    | 'connection-lost'
    | 'connection-back'
    /** A group or stream had vanished and was made again: what was in it is gone (E64). */
    | 'state-lost'
    /** Messages are gone that nobody handled: trimmed away, or expired (E70, E71). */
    | 'messages-lost'
    /** A message that cannot be read and cannot be answered or dead-lettered either (R7, C7). */
    | 'unreadable'
    /** The broker's settings put messages at risk. */
    | 'risk'
  readonly transport: string
  /** One sentence for people, without secrets. */
  readonly message: string
  readonly error?: unknown
  /** Of `messages-lost`: the group that has lost them, and how many there were. */
  readonly group?: string
  readonly count?: number
}

/** What a transport keeps of a message in its hands. Opaque to everybody else; goes back as it came. */
export type Receipt = object

/** Whether the holder still had the message when it said what is to become of it; `lost` changed nothing (E20, E35). */
export type Settled = 'settled' | 'lost'
