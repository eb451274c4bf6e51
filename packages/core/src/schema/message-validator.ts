import type { JsonSchema } from '../api/api-schema.ts'
import type { Api } from '../api/define-api.ts'
import type { Log } from '../contracts/log.ts'
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
import { MessageCasts, type CastValue } from './message-casts.ts'
import { SchemaCompiler } from './schema-compiler.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** Whether messages of an API are checked and cast, and what is done where no schema of it is known. */
export interface ValidationRules {
  /** Whether what comes in becomes what the local definition says. */
  readonly castValues: boolean
  readonly validate: { readonly outgoing: boolean; readonly incoming: boolean }
  readonly strictValidation: boolean
}

/**
 * Checks messages against the schemas of their APIs, each compiled once. What comes in also gets its defaults; the
 * parameters are returned, never changed in place.
 */
export class MessageValidator {
  readonly #schemas: SchemaRegistry
  readonly #rules: (apiName: string) => ValidationRules
  readonly #casts = new MessageCasts()
  readonly #compilers: Record<'ours' | 'theirs', Record<Direction, SchemaCompiler>> = {
    ours: compilers(true),
    theirs: compilers(false),
  }
  readonly #log: Pick<Log, 'warn'> | undefined
  readonly #warned = new Set<string>()
  readonly #tolerant = new WeakMap<JsonSchema, JsonSchema>()

  constructor(schemas: SchemaRegistry, rules: (apiName: string) => ValidationRules, log?: Pick<Log, 'warn'>) {
    this.#schemas = schemas
    this.#rules = rules
    this.#log = log
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
    const { apiName, eventName } = event
    const about = {
      apiName,
      direction,
      casts: (value: Parameters) => this.#casts.event(this.#api(apiName), eventName, value),
    }
    const parameters = direction === 'incoming' ? this.#openTo(definition.parameters) : definition.parameters
    return this.#check(about, parameters, event.parameters, (problems) =>
      eventInvalid({ event: eventPath(event), direction, problems }),
    )
  }

  /** What the handler gets. Throws `BUS_EVENT_INVALID`. */
  castEvent(event: EventMessage): Readonly<Record<string, unknown>> {
    const { apiName, eventName, parameters } = event
    return this.#cast(
      apiName,
      parameters,
      (api) => this.#casts.event(api, eventName, parameters),
      (problems) => eventInvalid({ event: eventPath(event), direction: 'incoming', problems }),
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
    const { apiName, procedureName } = call
    const about = {
      apiName,
      direction,
      casts: (value: Parameters) => this.#casts.call(this.#api(apiName), procedureName, value),
    }
    return this.#check(about, definition.parameters, call.parameters, (problems) =>
      parametersInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  /** What the procedure gets. Throws `BUS_RPC_INVALID_PARAMETERS`. */
  castCall(call: UnaddressedCall): Readonly<Record<string, unknown>> {
    const { apiName, procedureName, parameters } = call
    return this.#cast(
      apiName,
      parameters,
      (api) => this.#casts.call(api, procedureName, parameters),
      (problems) => parametersInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  /** Throws `BUS_RPC_INVALID_RESULT`. */
  result(call: UnaddressedCall, value: PlainValue, direction: Direction): PlainValue {
    const definition = own(this.#schemas.get(call.apiName)?.rpcs ?? {}, call.procedureName)
    if (!definition) return value
    const { apiName, procedureName } = call
    const about = {
      apiName,
      direction,
      casts: (plain: PlainValue) => this.#casts.result(this.#api(apiName), procedureName, plain),
    }
    return this.#check(about, definition.response, value, (problems) =>
      resultInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  /** What the caller gets. Throws `BUS_RPC_INVALID_RESULT`. */
  castResult(call: UnaddressedCall, value: PlainValue): unknown {
    return this.#cast(
      call.apiName,
      value,
      (api) => this.#casts.result(api, call.procedureName, value),
      (problems) => resultInvalid({ procedure: procedurePath(call), problems }),
    )
  }

  // The owner of an event may know more of it by now than whoever listens.
  #openTo(schema: JsonSchema): JsonSchema {
    // What others publish may be no object at all.
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema
    const open = this.#tolerant.get(schema) ?? { ...schema, additionalProperties: true }
    this.#tolerant.set(schema, open)
    return open
  }

  #unchecked<T>(api: string, value: T): T {
    if (this.#rules(api).strictValidation) throw schemaMissing({ api })
    return value
  }

  // What goes out is tried out as well: its receivers would refuse what their definition does not take.
  #check<T>(
    { apiName, direction, casts }: About<T>,
    schema: JsonSchema,
    value: T,
    invalid: (problems: readonly string[]) => BusError,
  ): T {
    const { validate, castValues } = this.#rules(apiName)
    if (!validate[direction]) return value
    const compiler = this.#compilers[this.#api(apiName) ? 'ours' : 'theirs'][direction]
    const finding = compiler.check(schema, value)
    if ('unusable' in finding) this.#warn(apiName, finding.unusable)
    if ('problems' in finding) throw invalid(finding.problems)
    const { problems } = direction === 'outgoing' && castValues ? casts(value) : fine
    if (problems.length > 0) throw invalid(problems)
    return 'value' in finding ? finding.value : value
  }

  // As in Python, what cannot be cast stays as it came where nothing is checked.
  #cast<T>(
    apiName: string,
    plain: T,
    cast: (api: Api) => CastValue<T>,
    invalid: (problems: readonly string[]) => BusError,
  ): T {
    const api = this.#api(apiName)
    const { castValues, validate } = this.#rules(apiName)
    if (!api || !castValues) return plain
    const { value, problems } = cast(api)
    if (problems.length > 0 && validate.incoming) throw invalid(problems)
    return value
  }

  #api(apiName: string): Api | undefined {
    return this.#schemas.definition(apiName)
  }

  #warn(api: string, why: string): void {
    if (this.#warned.has(api)) return
    this.#warned.add(api)
    this.#log?.warn(
      { api, why },
      `The schema of the API "${api}" cannot be used, so messages are not checked against it: ${why}`,
    )
  }
}

interface About<T> {
  readonly apiName: string
  readonly direction: Direction
  readonly casts: (value: T) => CastValue<unknown>
}

const fine = { problems: [] } as const

function compilers(isTrusted: boolean): Record<Direction, SchemaCompiler> {
  return {
    outgoing: new SchemaCompiler({ useDefaults: false, isTrusted }),
    incoming: new SchemaCompiler({ useDefaults: true, isTrusted }),
  }
}

export type Direction = 'outgoing' | 'incoming'

// Names come from the wire: "constructor" is no event of anybody.
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
