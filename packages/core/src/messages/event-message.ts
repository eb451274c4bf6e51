import { randomUUID } from 'node:crypto'
import type { Headers, Parameters } from './plain-values.ts'

/** A fact that happened: fired by the owner of its API, heard by whoever listens. */
export interface EventMessage {
  /** Opaque; two events are the same one exactly if their ids are equal. */
  readonly id: string
  readonly apiName: string
  readonly eventName: string
  /** The version of the event's definition, 1 unless its owner says otherwise. */
  readonly version: number
  readonly parameters: Parameters
  readonly headers: Headers
  /** What the event is about; a transport that declares `order: 'key'` keeps the order within it (E51). */
  readonly key?: string
}

/** Makes an event, with an id of its own unless one is given. */
export function createEventMessage(
  event: Omit<EventMessage, 'id' | 'version' | 'headers' | 'key'> & {
    readonly id?: string | undefined
    readonly version?: number | undefined
    readonly headers?: Headers | undefined
    readonly key?: string | undefined
  },
): EventMessage {
  const { id = randomUUID(), version = 1, headers = {}, key, ...rest } = event
  return { id, ...rest, version, headers, ...(key === undefined ? {} : { key }) }
}

/** `api.event`, as users write it. */
export function eventPath(event: { readonly apiName: string; readonly eventName: string }): string {
  return `${event.apiName}.${event.eventName}`
}
