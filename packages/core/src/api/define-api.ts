import { apiNameInvalid } from '../errors/catalogue.ts'
import type { ApiSchema, JsonSchema } from './api-schema.ts'
import { toJsonSchema, type InputOf, type OutputOf, type Schema } from './standard-schema.ts'

/** The parameters of an event or a procedure: a schema for each. */
export type Shape = Readonly<Record<string, Schema>>

/** What an event, a procedure or an API is for: a sentence or more for people, published with the schema and shown by `lightbus docs`. */
export interface Described {
  readonly description?: string
}

/** An event of an API, as {@link event} makes it. */
export interface EventDefinition<S extends Shape = Shape> extends Described {
  readonly parameters: S
  /** Counts up when the meaning of the event changes; 1 unless given. */
  readonly version: number
}

/** A procedure of an API, as {@link procedure} makes it. */
export interface ProcedureDefinition<S extends Shape = Shape, R extends Schema = Schema> extends Described {
  readonly parameters: S
  readonly result: R
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>
export type ProcedureDefinitions = Readonly<Record<string, ProcedureDefinition>>

/** A named set of events and procedures with one owner. A plain value: every service may import it. */
export interface Api<
  Name extends string = string,
  Events extends EventDefinitions = EventDefinitions,
  Procs extends ProcedureDefinitions = ProcedureDefinitions,
> extends Described {
  readonly name: Name
  readonly events: Events
  readonly procedures: Procs
  /** What its owner publishes on the bus. */
  readonly schema: ApiSchema
}

declare const types: unique symbol

/** Parameters whose types are written beside their schemas. There is nothing of it when the program runs. */
export interface TypedShape<In extends object, Out extends object> extends Shape {
  readonly [types]: { readonly in: In; readonly out: Out }
}

// A parameter may be left out exactly if its type admits undefined.
type OptionalNames<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]
type Optional<T> = { [K in Exclude<keyof T, OptionalNames<T>>]: T[K] } & { [K in OptionalNames<T>]?: T[K] }
type Flat<T> = { [K in keyof T]: T[K] }

/** The parameters as the sender writes them. */
export type ParametersIn<S extends Shape> =
  S extends TypedShape<infer In, object> ? In : Flat<Optional<{ -readonly [K in keyof S]: InputOf<S[K]> }>>

/** The parameters as the handler gets them. */
export type ParametersOut<S extends Shape> =
  S extends TypedShape<object, infer Out>
    ? Flat<Out>
    : Flat<Optional<{ -readonly [K in keyof S]: OutputOf<S[K]> }>>

/** What a class has to implement to serve an API. The context is there for methods that declare it. */
export type Procedures<A extends Api, Context = never> = {
  readonly [K in keyof A['procedures']]: (
    parameters: ParametersOut<A['procedures'][K]['parameters']>,
    context: Context,
  ) => InputOf<A['procedures'][K]['result']> | Promise<InputOf<A['procedures'][K]['result']>>
}

/** Defines an event by its parameters. */
export function event<const S extends Shape = {}>(
  parameters?: S,
  { version = 1, description }: Described & { readonly version?: number } = {},
): EventDefinition<S> {
  return { parameters: parameters ?? ({} as S), version, ...described(description) }
}

/** Defines a procedure by its parameters and its result; without a result schema any value may be returned. */
export function procedure<const S extends Shape = {}, const R extends Schema = {}>(
  parameters?: S,
  result?: R,
  { description }: Described = {},
): ProcedureDefinition<S, R> {
  return { parameters: parameters ?? ({} as S), result: result ?? ({} as R), ...described(description) }
}

function described(description: string | undefined): Described {
  return description === undefined ? {} : { description }
}

/**
 * Defines an API. Its name may have dots: `my_company.auth` is `bus.my_company.auth`.
 * Throws `BUS_API_NAME_INVALID` and `BUS_SCHEMA_UNSUPPORTED`.
 */
export function defineApi<
  const Name extends string,
  const Events extends EventDefinitions = {},
  const Procs extends ProcedureDefinitions = {},
>(
  name: Name,
  definition: Described & { readonly events?: Events; readonly procedures?: Procs },
): Api<Name, Events, Procs> {
  const events = definition.events ?? ({} as Events)
  const procedures = definition.procedures ?? ({} as Procs)
  for (const part of name.split('.')) checkName(part, name)
  for (const member of [...Object.keys(events), ...Object.keys(procedures)])
    checkName(member, `${name}.${member}`)
  for (const member of Object.keys(events))
    if (member in procedures)
      throw apiNameInvalid({ name: `${name}.${member}`, why: 'it is both an event and a procedure' })
  const schema = publishedSchema(name, events, procedures)
  return Object.freeze({ name, ...described(definition.description), events, procedures, schema })
}

function checkName(part: string, name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(part))
    throw apiNameInvalid({ name, why: `"${part}" has other characters` })
}

function publishedSchema(
  apiName: string,
  events: EventDefinitions,
  procedures: ProcedureDefinitions,
): ApiSchema {
  return {
    apiName,
    events: mapValues(events, (event, name) => ({
      parameters: parametersSchema(event, `${apiName}.${name}`, `Event ${apiName}.${name} parameters`),
    })),
    rpcs: mapValues(procedures, ({ result, ...procedure }, name) => ({
      parameters: parametersSchema(procedure, `${apiName}.${name}`, `RPC ${apiName}.${name}() parameters`),
      response: {
        $schema,
        title: `RPC ${apiName}.${name}() response`,
        ...toJsonSchema(result, `${apiName}.${name}`).json,
      },
    })),
  }
}

const $schema = 'http://json-schema.org/draft-07/schema#'

function parametersSchema(
  { parameters, description }: Described & { readonly parameters: Shape },
  path: string,
  title: string,
): JsonSchema {
  const each = Object.entries(parameters).map(([name, schema]) => ({
    name,
    ...toJsonSchema(schema, `${path}.${name}`),
  }))
  return {
    $schema,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      each.map(({ name, json }) => [name, rebased(json, `#/properties/${name}`)]),
    ),
    required: each.filter(({ optional }) => !optional).map(({ name }) => name),
    title,
    ...described(description),
  }
}

/** The schema with its internal references pointing to where it now stands: `#/definitions/x` is relative to the whole document. */
function rebased(json: JsonSchema, base: string): JsonSchema {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    return mapValues(node as JsonSchema, (value, key) =>
      key === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? base + value.slice(1)
        : walk(value),
    )
  }
  return walk(json) as JsonSchema
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
