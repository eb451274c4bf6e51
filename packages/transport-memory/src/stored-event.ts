/** An event as the broker keeps it. */
export interface StoredEvent {
  /** Ascending over all APIs of the broker. */
  readonly sequence: number
  /** Its time of arrival and its sequence: `1600000000000-17`. */
  readonly nativeId: string
  /** By the broker's clock; never descending. */
  readonly arrivedAtMs: number
  readonly apiName: string
  /** `api.event`. */
  readonly path: string
  readonly key: string | undefined
  /** From this moment on it is handed to nobody. Infinity when it does not expire. */
  readonly expiresAtMs: number
  /** Undefined once it is gone, so that all who share the event see that. */
  text: string | undefined
}

/** A place among the events: that of the events of a millisecond, or of one of them. */
export interface Place {
  readonly arrivedAtMs: number
  readonly sequence?: number
}

/** Negative when the event comes before the place, 0 when it is there, positive when it comes after it. */
export function comparedTo(place: Place, event: StoredEvent): number {
  return event.arrivedAtMs - place.arrivedAtMs || event.sequence - (place.sequence ?? event.sequence)
}

/** The place that a date or a native id names; undefined when it is no native id. */
export function placeOf(named: Date | string): Place | undefined {
  if (named instanceof Date) return { arrivedAtMs: named.getTime() }
  const [, arrivedAtMs, sequence] = /^(\d+)-(\d+)$/.exec(named) ?? []
  if (arrivedAtMs === undefined) return undefined
  return { arrivedAtMs: Number(arrivedAtMs), sequence: Number(sequence) }
}
