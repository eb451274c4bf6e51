import {
  eventUndecodable,
  isBusError,
  transportRefused,
  type BusError,
  type EventMessage,
} from '@lightbus/core/transport'
import { messageText } from './message-text.ts'

/** What was read from a text: an event, or why it is none. */
export type ReadEvent =
  | { readonly event: EventMessage; readonly undecodable?: undefined }
  | { readonly event?: undefined; readonly undecodable: BusError }

/** The event as text. Throws `BUS_TRANSPORT_REFUSED` when JSON cannot say it, `BUS_MESSAGE_TOO_LARGE` above `maxBytes`. */
export function writeEvent(event: EventMessage, address: string, maxBytes: number): string {
  const name = `${event.apiName}.${event.eventName}`
  try {
    return messageText(name, event, maxBytes)
  } catch (error) {
    if (isBusError(error)) throw error
    const why = `the event "${name}" cannot be written as JSON: ${(error as Error).message}`
    throw transportRefused({ transport: 'memory', address, why })
  }
}

/** Reads a text anew, so that nobody sees what somebody else did to the event. */
export function readEvent(text: string, nativeId: string): ReadEvent {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // What the parser says quotes the text, which may hold a secret.
    return { undecodable: eventUndecodable({ nativeId, why: 'it is no JSON' }) }
  }
  const why = flaw(value)
  return why === undefined
    ? { event: value as EventMessage }
    : { undecodable: eventUndecodable({ nativeId, why }) }
}

function flaw(value: unknown): string | undefined {
  if (!isRecord(value)) return 'it is no object'
  for (const name of ['id', 'apiName', 'eventName'])
    if (typeof value[name] !== 'string') return `its ${name} is no text`
  if (typeof value['version'] !== 'number') return 'its version is no number'
  if (!isRecord(value['parameters'])) return 'it has no parameters'
  if (!isRecord(value['headers'])) return 'it has no headers'
  if (!['string', 'undefined'].includes(typeof value['key'])) return 'its key is no text'
  return undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
