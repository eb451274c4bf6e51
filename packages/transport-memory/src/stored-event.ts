/** An event as the broker keeps it. */
export interface StoredEvent {
  /** Ascending over all APIs of the broker. */
  readonly sequence: number
  readonly arrivedAt: number
  readonly apiName: string
  /** `api.event`. */
  readonly path: string
  readonly text: string
}
