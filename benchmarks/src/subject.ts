/** What every message carries: the same for all subjects, checked against a schema by those that can. */
export interface Payload {
  readonly order: number
  readonly note: string
}

/** A message whose JSON is about so many bytes. */
export function payloadOf(bytes: number, order = 1): Payload {
  return { order, note: 'x'.repeat(Math.max(0, bytes - 24)) }
}

/** Where a subject runs: the URL of a Redis that others do not use meanwhile. */
export interface Place {
  readonly url: string
}

/** Something that was started and is stopped by whoever started it. */
export interface Started {
  stop(): Promise<void>
}

/** A load that keeps so many acts under way for so long. */
export interface Load {
  readonly ms: number
  readonly inFlight: number
  readonly bytes: number
}

/** What came of a load: only what was finished within its time counts. */
export interface Yield {
  readonly count: number
  readonly ms: number
  /** CPU time of this process for each of them, in microseconds. */
  readonly cpuUs: number
  /** How long the middle one and 99 of 100 took, in milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface Caller extends Started {
  /** Resolves with what the server has answered: the payload that it was sent. */
  call(payload: Payload): Promise<unknown>
  /** Makes the load itself, where it comes from a process in another language. */
  callFor?(load: Load): Promise<Yield>
}

export interface Firer extends Started {
  /** Resolves when the broker has the event, where the library can tell. */
  fire(payload: Payload): Promise<unknown>
  /** Fires many with what the library has for it, where it has something. */
  fireMany?(payloads: readonly Payload[]): Promise<unknown>
  /** Makes the load itself, where it comes from a process in another language. */
  fireFor?(load: Load): Promise<Yield>
}

export interface Handling {
  /** How many handlers run at a time. */
  readonly concurrency: number
  /** To be called by each handler, which then resolves at once. */
  readonly handled: (payload: Payload) => void
}

/**
 * One library with one set of settings. Server and client, and likewise handler and firer, are in processes of their own.
 */
export interface Subject {
  /** As the report names it, such as `BullMQ`. */
  readonly name: string
  /** Which of its recommended settings these are. */
  readonly variant: 'speed' | 'safety'
  /** What these settings are, in words. */
  readonly settings: string
  /** The broker between its processes; with `none` everything is in one process. */
  readonly broker: 'redis' | 'none'
  readonly calls?: {
    serve(place: Place): Promise<Started>
    connect(place: Place): Promise<Caller>
  }
  readonly events?: {
    firing(place: Place): Promise<Firer>
    /** Once it resolves no event is missed. */
    handling(place: Place, handling: Handling): Promise<Started>
    /** Whether events wait for a handler that is not there, and are acknowledged once they were handled. */
    readonly isDurable: boolean
  }
  /** Serves and handles as one process of a service does, where that takes less than both by themselves. */
  asService?(place: Place, handling: Handling): Promise<Started>
}
