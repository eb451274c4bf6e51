import type { EventTransport } from '../contracts/event-transport.ts'
import type { PayloadStore } from '../contracts/stores.ts'
import { payloadLost, transportFeatureAbsent } from '../errors/catalogue.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import type { Parameters } from '../messages/plain-values.ts'

/** The header that says under which key the parameters of an event are kept. */
export const claimCheckHeader = 'claim-check'

export interface ClaimCheckParts {
  /** From which size on parameters are kept beside the stream, and for how long; undefined when none are. */
  readonly limits: { readonly aboveBytes: number; readonly ttlMs: number } | undefined
  /** A store of the program's own, instead of the transport's. */
  readonly store: PayloadStore | undefined
}

/** Keeps the parameters of large events beside the stream, so that only a key travels. */
export class ClaimCheck {
  readonly #parts: ClaimCheckParts

  constructor(parts: ClaimCheckParts) {
    this.#parts = parts
  }

  /** Whether parameters are kept beside the stream at all. */
  get isOn(): boolean {
    return this.#parts.limits !== undefined
  }

  /** The event as it travels. */
  async checkIn(event: EventMessage, transport: EventTransport): Promise<EventMessage> {
    const { limits } = this.#parts
    if (!limits) return event
    const payload = JSON.stringify(event.parameters)
    if (Buffer.byteLength(payload) <= limits.aboveBytes) return event
    await this.#store(transport).put(event.id, payload, { ttlMs: limits.ttlMs })
    return { ...event, parameters: {}, headers: { ...event.headers, [claimCheckHeader]: event.id } }
  }

  /** Whether the event's parameters are kept beside the stream. */
  isKept({ headers }: EventMessage): boolean {
    return headers[claimCheckHeader] !== undefined
  }

  /** The event as it was fired. Throws `BUS_PAYLOAD_LOST` when its parameters are kept no more. */
  async checkOut(event: EventMessage, transport: EventTransport): Promise<EventMessage> {
    const { [claimCheckHeader]: key, ...headers } = event.headers
    if (key === undefined) return event
    const payload = await this.#store(transport).get(key)
    if (payload === undefined) throw payloadLost({ event: eventPath(event), id: event.id })
    return { ...event, headers, parameters: JSON.parse(payload) as Parameters }
  }

  #store({ name, payloads }: EventTransport): PayloadStore {
    const store = this.#parts.store ?? payloads
    if (store) return store
    const wanted = 'Keeping the parameters of large events'
    throw transportFeatureAbsent({ transport: name, feature: 'payloads', wanted })
  }
}
