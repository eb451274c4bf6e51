import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { FromSchema, JSONSchema } from 'json-schema-to-ts'
import { schemaUnsupported } from '../errors/catalogue.ts'
import type { JsonSchema } from './api-schema.ts'

/**
 * How a value is described: by any library of the Standard Schema family that can give a JSON Schema (zod 4, ArkType,
 * valibot with its converter), or by plain JSON Schema (TypeBox' included).
 */
export type Schema = StandardSchemaV1 | StandardJSONSchemaV1 | JsonSchema

/** What may be written where a schema is asked for: what the sender gives. */
export type InputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer I }
    ? I
    : unknown
  : FromPlain<S>

/** What the receiver gets, with defaults filled in. */
export type OutputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer O }
    ? O
    : unknown
  : FromPlain<S>

type FromPlain<S> = S extends {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object'
}
  ? S extends JSONSchema
    ? FromSchema<S>
    : unknown
  : unknown

/** The JSON Schema (draft-07) of a schema, and whether a value may be left out. Throws `BUS_SCHEMA_UNSUPPORTED`. */
export function toJsonSchema(
  schema: Schema,
  path: string,
): { readonly json: JsonSchema; readonly optional: boolean } {
  const standard = standardOf(schema)
  if (!standard) return { json: schema as JsonSchema, optional: 'default' in schema }
  return { json: fromStandard(standard, path), optional: acceptsNothing(standard) }
}

type StandardProps = Partial<StandardJSONSchemaV1.Props> &
  Partial<StandardSchemaV1.Props> & { readonly vendor: string }

function standardOf(schema: Schema): StandardProps | undefined {
  return '~standard' in schema ? (schema['~standard'] as StandardProps) : undefined
}

function fromStandard(standard: StandardProps, path: string): JsonSchema {
  if (!standard.jsonSchema)
    throw schemaUnsupported({
      path,
      vendor: standard.vendor,
      why: 'its library offers no JSON Schema for it',
    })
  try {
    const { $schema: _, ...json } = standard.jsonSchema.input({ target: 'draft-07' })
    return json
  } catch (error) {
    throw schemaUnsupported({ path, vendor: standard.vendor, why: (error as Error).message }, error)
  }
}

function acceptsNothing(standard: StandardProps): boolean {
  const checked = standard.validate?.(undefined)
  return checked !== undefined && !('then' in checked) && checked.issues === undefined
}
