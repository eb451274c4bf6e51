import {
  eventUndecodable,
  type EventAddress,
  type EventMessage,
  type Headers,
  type Parameters,
} from '@lightbus/core/transport'

// Python workers skip a field with an empty name, and stop at any other that they do not know.
const headersField = ''
const keyHeader = 'lightbus-key'
const ttlHeader = 'lightbus-ttl-ms'

/** An event as the fields of a stream entry, names and values in turn; one with a time to live is good for so long after it was added. */
export function encodeEvent(event: EventMessage, ttlMs?: number): string[] {
  const fields = [
    'id',
    event.id,
    'api_name',
    event.apiName,
    'event_name',
    event.eventName,
    'version',
    String(event.version),
  ]
  for (const [name, value] of Object.entries(event.parameters)) fields.push(`:${name}`, JSON.stringify(value))
  const headers = {
    ...event.headers,
    ...(event.key === undefined ? {} : { [keyHeader]: event.key }),
    ...(ttlMs === undefined ? {} : { [ttlHeader]: String(ttlMs) }),
  }
  if (Object.keys(headers).length > 0) fields.push(headersField, JSON.stringify(headers))
  return fields
}

/** Whether the entry only made the stream exist. */
export function isNoOp(fields: readonly string[]): boolean {
  return fields.length === 2 && fields[0] === '' && fields[1] === ''
}

/** Whether the entry may have a key. */
export function isKeyed(fields: readonly string[]): boolean {
  // The headers are written last.
  for (let i = fields.length - 2; i >= 0; i -= 2)
    if (fields[i] === headersField && fields[i + 1]?.includes(`"${keyHeader}"`)) return true
  return false
}

/** Which event an entry says it is; undefined when it does not say. */
export function addressOf(fields: readonly string[]): EventAddress | undefined {
  let apiName: string | undefined
  let eventName: string | undefined
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i] === 'api_name') apiName = fields[i + 1]
    if (fields[i] === 'event_name') eventName = fields[i + 1]
  }
  return apiName === undefined || eventName === undefined ? undefined : { apiName, eventName }
}

/** The event in a stream entry. Throws `BUS_EVENT_UNDECODABLE`. */
export function decodeEvent(fields: readonly string[], nativeId: string): EventMessage {
  return decodeEntry(fields, nativeId).event
}

/** The event in a stream entry, and for how long it is good. Throws `BUS_EVENT_UNDECODABLE`. */
export function decodeEntry(
  fields: readonly string[],
  nativeId: string,
): { readonly event: EventMessage; readonly ttlMs: number } {
  try {
    const parts = partsOf(fields)
    const { [keyHeader]: key, [ttlHeader]: ttl, ...headers } = decodeHeaders(parts.metadata[headersField])
    const event = {
      id: required(parts, 'id'),
      apiName: required(parts, 'api_name'),
      eventName: required(parts, 'event_name'),
      version: decodeVersion(required(parts, 'version')),
      parameters: Object.fromEntries(parts.parameters),
      headers,
      ...(key === undefined ? {} : { key }),
    }
    return { event, ttlMs: ttl !== undefined && /^\d+(\.\d+)?$/.test(ttl) ? Number(ttl) : Infinity }
  } catch (error) {
    throw eventUndecodable({ nativeId, why: error instanceof Error ? error.message : String(error) }, error)
  }
}

interface EntryParts {
  readonly metadata: Readonly<Record<string, string>>
  readonly parameters: readonly (readonly [name: string, value: Parameters[string]])[]
}

function partsOf(fields: readonly string[]): EntryParts {
  const metadata: Record<string, string> = {}
  const parameters: [string, Parameters[string]][] = []
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? ''
    const text = fields[i + 1] ?? ''
    if (name.startsWith(':')) parameters.push([name.slice(1), parameterIn(name.slice(1), text)])
    else metadata[name] = text
  }
  return { metadata, parameters }
}

function parameterIn(name: string, text: string): Parameters[string] {
  try {
    return JSON.parse(text) as Parameters[string]
  } catch {
    throw new Error(`its parameter "${name}" is no JSON`)
  }
}

function required({ metadata }: EntryParts, name: string): string {
  const value = metadata[name]
  if (value === undefined || value === '') throw new Error(`it has no ${name}`)
  return value
}

function decodeVersion(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error('its version is no whole number')
  return Number(text)
}

function decodeHeaders(text: string | undefined): Headers {
  if (text === undefined || text === '') return {}
  let headers: unknown
  try {
    headers = JSON.parse(text)
  } catch {
    throw new Error('its headers are no JSON')
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new Error('its headers are no object')
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
