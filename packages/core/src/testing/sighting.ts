import type { Headers, Parameters } from '../messages/plain-values.ts'

/** A message that was seen on the bus, and what is known of what came of it. */
export interface Sighting {
  /** `api.event` or `api.procedure`. */
  readonly path: string
  readonly id: string
  readonly parameters: Parameters
  readonly headers: Headers
  /** Who handled it, or gave it up. */
  readonly listenerName?: string
  readonly attempt?: number
  /** Of the error that it failed with. */
  readonly code?: string
  readonly message?: string
}
