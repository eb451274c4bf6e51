import type { ApiSchema, JsonSchema } from '@lightbus/core/transport'

/** A schema as it is published; with our mark unless it stands beside that of a Python owner. */
export function encodeSchema(schema: ApiSchema, isMarked: boolean): string {
  const { events, rpcs } = schema
  return JSON.stringify({ events, rpcs, ...(isMarked ? { publisher: 'lightbus-typescript' } : {}) })
}

/** Reads what any owner has published; what is unknown at the top is ignored. Throws when it is no schema. */
export function decodeSchema(apiName: string, text: string): ApiSchema {
  const { events = {}, rpcs = {} } = object(parsed(text), 'the schema')
  return {
    apiName,
    events: members(events, 'events', (event) => ({ parameters: part(event, 'parameters') })),
    rpcs: members(rpcs, 'rpcs', (rpc) => ({
      parameters: part(rpc, 'parameters'),
      response: part(rpc, 'response'),
    })),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says quotes the text, which may hold a secret.
    throw new Error('the schema is no JSON')
  }
}

function members<T>(value: unknown, what: string, read: (member: JsonSchema) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object(value, what)).map(([name, member]) => [name, read(object(member, name))]),
  )
}

function part(member: JsonSchema, name: string): JsonSchema {
  return object(member[name] ?? {}, name)
}

function object(value: unknown, what: string): JsonSchema {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`)
  return value as JsonSchema
}
