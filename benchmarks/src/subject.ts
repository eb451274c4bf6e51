/** What every message carries: the same for all subjects, checked against a schema by those that can. */
export interface Payload {
  readonly order: number
  readonly note: string
}

/** A message whose JSON is about so many bytes. */
export function payloadOf(bytes: number): Payload {
  return { order: 1, note: 'x'.repeat(Math.max(0, bytes - 24)) }
}

/** Where a subject runs: the URL of a Redis of its own, emptied before. */
export interface Place {
  readonly url: string
}

/** Something that was started and is stopped by whoever started it. */
export interface Started {
  stop(): Promise<void>
}

export interface Caller extends Started {
  /** Resolves with what the server has answered: the payload that it was sent. */
  call(payload: Payload): Promise<unknown>
}

export interface Firer extends Started {
  /** Resolves when the broker has the event, where the library can tell. */
  fire(payload: Payload): Promise<unknown>
  /** Fires many with what the library has for it, where it has something. */
  fireMany?(payloads: readonly Payload[]): Promise<unknown>
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
  /** Which of its recommended settings these are, such as `safety: jobs kept until done, AOF` or `speed`. */
  readonly settings: string
  readonly calls?: {
    serve(place: Place): Promise<Started>
    connect(place: Place): Promise<Caller>
  }
  readonly events?: {
    firing(place: Place): Promise<Firer>
    /** Once it resolves no event is missed. Absent where nothing is acknowledged. */
    handling(place: Place, handling: Handling): Promise<Started>
  }
}
