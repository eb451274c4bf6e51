import { Ajv } from 'ajv'
import type { JsonSchema } from '../../api/api-schema.ts'
import { pointedAt } from './schema-view.ts'

const ajv = new Ajv({ strict: false, logger: false })

/**
 * The schema as a component of a document, its references pointing to where it stands there. A reference that leads out of it, or nowhere, is
 * turned into words; a schema that is none of draft-07 is kept as an extension, so that the document stays one.
 */
export function asComponent(schema: JsonSchema, key: string): JsonSchema {
  const { $schema: _, $id: __, ...rest } = schema
  if (!isDraft07(rest)) return { 'x-lightbus-schema': JSON.stringify(rest) }
  const walk = (node: unknown, name: string): unknown => {
    if (dataKeywords.has(name)) return node
    if (Array.isArray(node)) return node.map((each) => walk(each, ''))
    if (typeof node !== 'object' || node === null) return node
    const { $ref, ...beside } = node as JsonSchema
    if (typeof $ref !== 'string') return walkEach(node as JsonSchema, walk)
    return pointedAt(schema, $ref) === undefined
      ? { ...walkEach(beside, walk), 'x-lightbus-reference': $ref }
      : { $ref: `#/components/schemas/${key}${$ref.slice(1)}` }
  }
  return walkEach(rest, walk)
}

// What is said in these is no schema, whatever it looks like.
const dataKeywords = new Set(['const', 'default', 'enum', 'examples'])

function walkEach(node: JsonSchema, walk: (node: unknown, name: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, walk(value, name)]))
}

function isDraft07(schema: JsonSchema): boolean {
  try {
    return ajv.validateSchema(schema) === true
  } catch {
    return false
  }
}
