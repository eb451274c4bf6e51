import { Ajv } from 'ajv'
import type { JsonSchema } from '../../api/api-schema.ts'
import { isSchema, pointedAt } from './schema-view.ts'

const ajv = new Ajv({ strict: false, logger: false })

/**
 * The schema as a component of a document, its references pointing to where it stands there. A reference that leads out of it, or nowhere, is
 * turned into words; a schema that is none of draft-07, or would be misread, is kept as text, so that the document stays one.
 */
export function asComponent(schema: JsonSchema, key: string): JsonSchema {
  const { $schema: _, $id: __, ...rest } = schema
  if (isMisread(rest) || !isDraft07(rest)) return { 'x-lightbus-schema': JSON.stringify(rest) }
  const place = (reference: string): JsonSchema =>
    pointedAt(schema, reference) === undefined
      ? { 'x-lightbus-reference': reference }
      : { $ref: `#/components/schemas/${key}${reference.slice(1)}` }
  return asSchema(rest, place)
}

type Place = (reference: string) => JsonSchema

// What stands beside a reference may be what others refer to.
function asSchema(node: JsonSchema, place: Place): JsonSchema {
  const { $ref, ...beside } = node
  if (typeof $ref !== 'string') return each(node, (value, name) => inside(value, name, place))
  const placed = place($ref)
  if (Object.keys(beside).length === 0) return placed
  const others = asSchema(beside, place)
  const all: readonly unknown[] = Array.isArray(others['allOf']) ? others['allOf'] : []
  return { ...others, allOf: [...all, placed] }
}

function inside(value: unknown, keyword: string, place: Place): unknown {
  if (dataKeywords.has(keyword)) return looksReferring(value) ? undefined : value
  if (Array.isArray(value))
    return value.map((one) => (isSchema(one) ? asSchema(one, place) : (one as unknown)))
  if (!isSchema(value)) return value
  if (!mapKeywords.has(keyword)) return asSchema(value, place)
  return each(value, (one) => (isSchema(one) ? asSchema(one, place) : one))
}

function each(node: JsonSchema, map: (value: unknown, name: string) => unknown): JsonSchema {
  const mapped = Object.entries(node).map(([name, value]) => [name, map(value, name)] as const)
  return Object.fromEntries(mapped.filter(([, value]) => value !== undefined))
}

// What is said in these is no schema, whatever it looks like.
const dataKeywords = new Set(['const', 'default', 'enum', 'examples'])
// These have schemas by names that are no keywords.
const mapKeywords = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies'])

/** Whether data has names inside that readers of the document would take for something else. */
export function looksReferring(value: unknown): boolean {
  return hasName(value, (name) => name === '$ref' || name === '__proto__')
}

// A parameter of such a name cannot be told from a reference.
function isMisread(schema: JsonSchema): boolean {
  return hasName(
    schema,
    (name, value) => name === '__proto__' || (name === '$ref' && typeof value !== 'string'),
  )
}

function hasName(value: unknown, isMeant: (name: string, value: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, one]) => isMeant(name, one) || hasName(one, isMeant))
}

function isDraft07(schema: JsonSchema): boolean {
  try {
    return ajv.validateSchema(schema) === true
  } catch {
    return false
  }
}
