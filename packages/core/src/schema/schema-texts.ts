import type { ApiSchema, JsonSchema } from '../api/api-schema.ts'

/** A file of schemas as Lightbus writes it: by API name, keys sorted, indented by two. */
export function schemaFileText(schemas: readonly ApiSchema[]): string {
  const byName = Object.fromEntries(schemas.map(({ apiName, events, rpcs }) => [apiName, { events, rpcs }]))
  return `${JSON.stringify(sorted(byName), undefined, 2)}\n`
}

/** Reads what {@link schemaFileText} or Lightbus itself has written. Throws an Error that says what is wrong. */
export function readSchemaFile(text: string): readonly ApiSchema[] {
  const byName = object(JSON.parse(text), 'the file')
  return Object.entries(byName).map(([apiName, schema]) => {
    const { events = {}, rpcs = {} } = object(schema, `"${apiName}"`)
    const at = (kind: string, name: string): string => `${kind}.${name} of "${apiName}"`
    return {
      apiName,
      events: members(object(events, `events of "${apiName}"`), (member, name) => ({
        parameters: part(member, 'parameters', at('events', name)),
      })),
      rpcs: members(object(rpcs, `rpcs of "${apiName}"`), (member, name) => ({
        parameters: part(member, 'parameters', at('rpcs', name)),
        response: part(member, 'response', at('rpcs', name)),
      })),
    }
  })
}

/** With the keys of every object in order, so that the same schema is always the same text. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, child]) => [key, sorted(child)] as const)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function members<T>(all: JsonSchema, read: (member: unknown, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, member]) => [name, read(member, name)]))
}

function part(member: unknown, name: string, what: string): JsonSchema {
  return object(object(member, what)[name] ?? {}, `${name} of ${what}`)
}

function object(value: unknown, what: string): JsonSchema {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object`)
  return value as JsonSchema
}
