import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { FromSchema, JSONSchema } from 'json-schema-to-ts'
import { schemaUnsupported } from '../errors/catalogue.ts'
import type { JsonSchema } from './api-schema.ts'
import { kindOf, problemOf } from './issues.ts'
import { markedSchema, type MarkedSchema } from './library-values.ts'
import { Reviver, unmarked } from './revive.ts'
import type { FromTypeBox, TypeBoxSchema } from './typebox.ts'

/**
 * How a value is described: by any library of the Standard Schema family that can give a JSON Schema (zod 4, ArkType,
 * valibot with its converter), or by plain JSON Schema (TypeBox' included).
 */
export type Schema = StandardSchemaV1 | StandardJSONSchemaV1 | TypeBoxSchema | JsonSchema

/** What may be written where a schema is asked for: what the sender gives. */
export type InputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer I }
    ? I
    : unknown
  : FromPlain<S, true> | MayBeLeftOut<S>

/** What the receiver gets, with defaults filled in. */
export type OutputOf<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer O }
    ? O
    : unknown
  : FromPlain<S, false>

type MayBeLeftOut<S> = S extends { readonly default: unknown } ? undefined : never

type FromPlain<S, WithDefaults extends boolean> = S extends TypeBoxSchema
  ? FromTypeBox<S>
  : S extends Typed & JSONSchema
    ? FromSchema<S, { keepDefaultedPropertiesOptional: WithDefaults }>
    : unknown

// What says of which type it is; anything else may be anything.
type Typed =
  | { readonly type: TypeName | readonly TypeName[] }
  | { readonly anyOf: readonly unknown[] }
  | { readonly enum: readonly unknown[] }
  | { readonly const: unknown }
type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object'

/** The JSON Schema (draft-07) of a schema, and whether a value may be left out. Throws `BUS_SCHEMA_UNSUPPORTED`. */
export function toJsonSchema(
  schema: Schema,
  path: string,
): { readonly json: JsonSchema; readonly optional: boolean } {
  const standard = standardOf(schema)
  if (!standard) return { json: schema as JsonSchema, optional: 'default' in schema || '~optional' in schema }
  return { json: unmarked(marked(standard, path)), optional: acceptsNothing(standard) }
}

/** The value that something of the wire is for its definition, or what is wrong with it. */
export type Cast = (plain: unknown) => { readonly value: unknown } | { readonly problems: readonly string[] }

/** What makes values of the wire those of the definition; undefined where it says no more than JSON does. */
export function castOf(schema: Schema, path: string): Cast | undefined {
  const standard = standardOf(schema)
  const { validate, vendor } = standard ?? {}
  if (!standard || !validate || !vendor) return undefined
  const reviver = new Reviver(marked(standard, path))
  return (plain) => {
    const checked = attempt(() => validate(reviver.revive(plain)))
    if (!checked)
      return { problems: [`: its definition threw an error or takes its time, received ${kindOf(plain)}`] }
    return checked.issues
      ? { problems: checked.issues.map((issue) => problemOf(issue, plain)) }
      : { value: checked.value }
  }
}

type Checked = StandardSchemaV1.Result<unknown>

// What a program's own transformation throws may quote the value, and some libraries give it as a promise.
function attempt(check: () => Checked | Promise<Checked>): Checked | undefined {
  try {
    const checked = check()
    if (!('then' in checked)) return checked
    checked.catch(() => undefined)
  } catch {
    // The same.
  }
  return undefined
}

type StandardProps = Partial<StandardJSONSchemaV1.Props> &
  Partial<StandardSchemaV1.Props> & { readonly vendor: string }

function standardOf(schema: Schema): StandardProps | undefined {
  return '~standard' in schema ? (schema['~standard'] as StandardProps) : undefined
}

const known = new WeakMap<StandardProps, MarkedSchema>()

function marked(standard: StandardProps, path: string): MarkedSchema {
  const { vendor, jsonSchema } = standard
  if (!jsonSchema) throw schemaUnsupported({ path, vendor, why: 'its library offers no JSON Schema for it' })
  let found = known.get(standard)
  if (found) return found
  try {
    found = markedSchema(vendor, (libraryOptions) => jsonSchema.input({ target: 'draft-07', libraryOptions }))
  } catch (error) {
    throw schemaUnsupported({ path, vendor, why: (error as Error).message }, error)
  }
  known.set(standard, found)
  return found
}

function acceptsNothing(standard: StandardProps): boolean {
  const checked = standard.validate?.(undefined)
  return checked !== undefined && !('then' in checked) && checked.issues === undefined
}
