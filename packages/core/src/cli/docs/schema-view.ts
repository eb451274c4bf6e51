import type { JsonSchema } from '../../api/api-schema.ts'

/** Whether a value is a schema with rules, and not `true` or `false`. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The schemas that stand in a list, as in `anyOf`. */
export function schemasIn(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : []
}

/** The properties of an object, by name. */
export function propertiesOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  return Object.entries(properties).map(([name, property]) => [name, isSchema(property) ? property : {}])
}

/** Whether an object has to have a property. */
export function requires(schema: JsonSchema, name: string): boolean {
  const required = schema['required']
  return Array.isArray(required) && required.includes(name)
}

/** What a schema says besides that it may be one of several: those of `anyOf` and `oneOf`. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schemasIn(schema['anyOf'] ?? schema['oneOf'])
}

/** The types that are named, `integer` for one and `['string', 'null']` for two. */
export function typesOf(schema: JsonSchema): readonly string[] {
  const type = schema['type']
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  return types.filter((each) => typeof each === 'string')
}

/** The description of a schema, where it has one. */
export function descriptionOf(schema: JsonSchema): string | undefined {
  const description = schema['description']
  return typeof description === 'string' && description.trim() !== '' ? description.trim() : undefined
}

/** What a JSON pointer within a document finds: `#`, `#/definitions/line`. Undefined where nothing stands there. */
export function pointedAt(document: JsonSchema, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let at: unknown = document
  for (const step of stepsOf(reference)) {
    const isThere = typeof at === 'object' && at !== null && Object.hasOwn(at, step)
    if (!isThere) return undefined
    at = (at as Readonly<Record<string, unknown>>)[step]
  }
  return at
}

/** Follows references until there is none, and merges `allOf`. What leads nowhere, or in a circle, says nothing. */
export function resolved(schema: JsonSchema, document: JsonSchema): JsonSchema {
  return followed(schema, document, 0)
}

const mostHops = 20

function followed(schema: JsonSchema, document: JsonSchema, hops: number): JsonSchema {
  if (hops > mostHops) return {}
  if (typeof schema['$ref'] === 'string') {
    const found = pointedAt(document, schema['$ref'])
    return isSchema(found) ? followed(found, document, hops + 1) : {}
  }
  const parts = schemasIn(schema['allOf']).slice(0, mostHops)
  if (parts.length === 0) return schema
  const [only, ...others] = parts.map((part) => followed(part, document, hops + mostHops / 4))
  // What merely refers is the same schema, so that it is known again.
  if (only && others.length === 0 && !('type' in schema) && !('properties' in schema)) return only
  return [only ?? {}, ...others].reduce(joined, schema)
}

function joined(one: JsonSchema, other: JsonSchema): JsonSchema {
  const both = (name: string): object => ({ ...object(one[name]), ...object(other[name]) })
  const required = [one['required'], other['required']].flatMap(
    (list) => (Array.isArray(list) ? list : []) as unknown[],
  )
  return { ...other, ...one, properties: both('properties'), required }
}

const object = (value: unknown): object => (isSchema(value) ? value : {})

function stepsOf(reference: string): readonly string[] {
  return reference
    .slice(1)
    .split('/')
    .slice(1)
    .map((step) => decoded(step).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
