import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { JsonSchema } from '../api/api-schema.ts'
import {
  eventInvalid,
  eventUnknown,
  parametersInvalid,
  procedureUnknown,
  resultInvalid,
  schemaMissing,
} from '../errors/catalogue.ts'
import type { BusError } from '../errors/define-error.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { procedurePath, type UnaddressedCall } from '../messages/rpc-message.ts'
import type { Parameters, PlainValue } from '../messages/plain-values.ts'
import { nearest } from '../util/nearest.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** Whether messages of an API are checked, and what is done where no schema of it is known. */
export interface ValidationRules {
  readonly validate: { readonly outgoing: boolean; readonly incoming: boolean }
  readonly strictValidation: boolean
}

// As Python peers do: formats are not checked, unknown keywords pass, and so does whatever a schema of another draft says.
const leniency = { strict: false, validateFormats: false, allErrors: true, validateSchema: false } as const

/**
 * Checks messages against the schemas of their APIs, each compiled once. What comes in also gets its defaults; the
 * parameters are returned, never changed in place.
 */
export class MessageValidator {
  readonly #schemas: SchemaRegistry
  readonly #rules: (apiName: string) => ValidationRules
  readonly #outgoing = new Compiler(new Ajv(leniency))
  readonly #incoming = new Compiler(new Ajv({ ...leniency, useDefaults: true }))

  constructor(schemas: SchemaRegistry, rules: (apiName: string) => ValidationRules) {
    this.#schemas = schemas
    this.#rules = rules
  }

  /** Throws `BUS_EVENT_UNKNOWN`, `BUS_EVENT_INVALID`, or `BUS_SCHEMA_MISSING` where validation is strict. */
  event(event: EventMessage, direction: Direction): Parameters {
    const schema = this.#schemas.get(event.apiName)
    if (!schema) return this.#unchecked(event.apiName, event.parameters)
    const definition = own(schema.events, event.eventName)
    if (!definition)
      throw eventUnknown({
        api: event.apiName,
        event: event.eventName,
        nearest: nearest(event.eventName, Object.keys(schema.events)),
      })
    return this.#check(event.apiName, definition.parameters, event.parameters, direction, (problems) =>
      eventInvalid({ event: eventPath(event), direction, problems }),
    )
  }

  /** Throws `BUS_RPC_UNKNOWN_PROCEDURE`, `BUS_RPC_INVALID_PARAMETERS`, or `BUS_SCHEMA_MISSING` where validation is strict. */
  call(call: UnaddressedCall, direction: Direction): Parameters {
    const schema = this.#schemas.get(call.apiName)
    if (!schema) return this.#unchecked(call.apiName, call.parameters)
    const definition = own(schema.rpcs, call.procedureName)
    if (!definition)
      throw procedureUnknown({
        api: call.apiName,
        procedure: call.procedureName,
        nearest: nearest(call.procedureName, Object.keys(schema.rpcs)),
      })
    return this.#check(call.apiName, definition.parameters, call.parameters, direction, (problems) =>
      parametersInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  /** Throws `BUS_RPC_INVALID_RESULT`. */
  result(call: UnaddressedCall, value: PlainValue, direction: Direction): PlainValue {
    const definition = own(this.#schemas.get(call.apiName)?.rpcs ?? {}, call.procedureName)
    if (!definition) return value
    return this.#check(call.apiName, definition.response, value, direction, (problems) =>
      resultInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  #unchecked<T>(api: string, value: T): T {
    if (this.#rules(api).strictValidation) throw schemaMissing({ api })
    return value
  }

  #check<T>(
    apiName: string,
    schema: JsonSchema,
    value: T,
    direction: Direction,
    invalid: (problems: readonly string[]) => BusError,
  ): T {
    if (!this.#rules(apiName).validate[direction]) return value
    const boxed = { value: direction === 'incoming' ? structuredClone(value) : value }
    const problems = (direction === 'incoming' ? this.#incoming : this.#outgoing).check(schema, boxed)
    if (problems.length > 0) throw invalid(problems)
    return boxed.value
  }
}

export type Direction = 'outgoing' | 'incoming'

/** One way of checking, with every schema compiled at its first use and forgotten with the schema. */
class Compiler {
  readonly #ajv: Ajv
  readonly #compiled = new WeakMap<JsonSchema, ValidateFunction>()

  constructor(ajv: Ajv) {
    this.#ajv = ajv
  }

  /** What is wrong, a sentence each. The value is boxed, so that a default may fill in for all of it. */
  check(schema: JsonSchema, boxed: { readonly value: unknown }): readonly string[] {
    let validate = this.#compiled.get(schema)
    if (!validate) {
      // The draft that a schema names does not matter here, and its identity must not: two owners may publish the same one.
      const { $schema: _, $id: __, ...rest } = schema
      validate = this.#ajv.compile(rest)
      this.#compiled.set(schema, validate)
    }
    return validate(boxed.value)
      ? []
      : (validate.errors ?? []).slice(0, mostProblems).map((error) => problem(error, boxed.value))
  }
}

const mostProblems = 10

// Names the path, what was expected and the kind of what was received; never the value, which may be a secret.
function problem(error: ErrorObject, value: unknown): string {
  const path = error.instancePath === '' ? '/' : error.instancePath
  if (error.keyword === 'required') return `${path}: "${String(error.params['missingProperty'])}" is missing`
  if (error.keyword === 'additionalProperties')
    return `${path}: "${String(error.params['additionalProperty'])}" is unknown`
  return `${path}: ${error.message ?? error.keyword}, received ${kindAt(value, error.instancePath)}`
}

function kindAt(value: unknown, pointer: string): string {
  let at = value
  for (const step of pointer.split('/').slice(1))
    at = (at as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  return at === null ? 'null' : Array.isArray(at) ? 'array' : typeof at
}

// Names come from the wire: "constructor" is no event of anybody.
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
