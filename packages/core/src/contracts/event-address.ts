/** An event of an API. */
export interface EventAddress {
  readonly apiName: string
  readonly eventName: string
}

/** The group of a listener of this service. */
export interface ListenerAddress {
  readonly listenerName: string
  readonly events: readonly EventAddress[]
}
