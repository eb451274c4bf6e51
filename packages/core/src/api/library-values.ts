import { isDeepStrictEqual } from 'node:util'
import { toPlain } from '../messages/plain-values.ts'
import type { JsonSchema } from './api-schema.ts'
import {
  bigintKind,
  classKind,
  dateKind,
  mapKind,
  setKind,
  unfit,
  type BusClass,
  type ValueKind,
} from './value-kinds.ts'

/** A JSON Schema as a library gives it, with a mark on each value that JSON has no word for. */
export interface MarkedSchema {
  readonly json: JsonSchema
  readonly kinds: readonly ValueKind[]
}

/** Where the mark is, which is the index of the kind. */
export const markKey = 'x-lightbus-kind'

/** Says that what is below it is a document of its own, to which its references refer. */
export const documentKey = 'x-lightbus-document'

/** What a library calls its schemas inside: as much of it as is needed here. */
interface LibrarySchema {
  readonly '~standard'?: {
    readonly jsonSchema?: { input(options: object): JsonSchema }
    validate?(value: unknown): object
  }
}

/** What converts a schema of a library, given options that are the library's own. */
type Convert = (libraryOptions: Readonly<Record<string, unknown>>) => JsonSchema

/** Converts with the marks. Throws what the library throws for a schema that has no JSON Schema. */
export function markedSchema(vendor: string, convert: Convert): MarkedSchema {
  const kinds: ValueKind[] = []
  const mark = (kind: ValueKind): JsonSchema => ({ ...kind.json, [markKey]: kinds.push(kind) - 1 })
  const options = libraryOptions[vendor]
  return { json: convert(options ? options(mark) : {}), kinds }
}

type Mark = (kind: ValueKind) => JsonSchema

const libraryOptions: Readonly<Record<string, (mark: Mark) => Readonly<Record<string, unknown>>>> = {
  zod: zodOptions,
  valibot: valibotOptions,
  arktype: arktypeOptions,
}

interface ZodSchema extends LibrarySchema {
  readonly _zod: {
    readonly def: {
      readonly type: string
      readonly defaultValue?: unknown
      readonly innerType?: ZodSchema
      readonly valueType?: ZodSchema
      readonly keyType?: ZodSchema
      readonly values?: readonly unknown[]
    }
    readonly bag: { readonly Class?: BusClass }
  }
}

// https://zod.dev/json-schema: what has no JSON Schema comes to the one, every schema to the other.
function zodOptions(mark: Mark): Readonly<Record<string, unknown>> {
  return {
    unrepresentable: ({ zodSchema }: { zodSchema: ZodSchema }) =>
      'defaultValue' in zodSchema._zod.def || zodKind(zodSchema, mark) ? 'any' : 'throw',
    override({ zodSchema, jsonSchema }: { zodSchema: ZodSchema; jsonSchema: Record<string, unknown> }) {
      const { def } = zodSchema._zod
      const kind = zodKind(zodSchema, mark)
      if (kind) Object.assign(jsonSchema, mark(kind))
      if ('defaultValue' in def) publishDefault(zodSchema, jsonSchema)
    },
  }
}

// Published is what a sender might have written itself: not what is made anew for each message, such as an id, nor what a transformation would make.
function publishDefault({ _zod: { def } }: ZodSchema, json: Record<string, unknown>): void {
  const [one, other] = [def.defaultValue, def.defaultValue]
  const isSteady = one instanceof Date ? one === other : isDeepStrictEqual(one, other)
  const inner = def.innerType?.['~standard']?.validate?.(one)
  const isWritten =
    def.type === 'prefault' || (inner && 'value' in inner && isDeepStrictEqual(inner.value, one))
  if (isSteady && isWritten && one !== undefined) json['default'] = toPlain(one)
  else delete json['default']
}

function zodKind({ _zod: { def, bag } }: ZodSchema, mark: Mark): ValueKind | undefined {
  const inner = (schema: ZodSchema | undefined): JsonSchema => {
    const json = schema?.['~standard']?.jsonSchema?.input({
      target: 'draft-07',
      libraryOptions: zodOptions(mark),
    })
    return { ...json, [documentKey]: true }
  }
  if (def.type === 'date') return dateKind
  if (def.type === 'bigint') return bigintKind
  if (def.type === 'undefined' || def.type === 'void') return nothingKind
  if (def.type === 'set') return setKind(inner(def.valueType))
  if (def.type === 'map') return mapKind(inner(def.valueType), reviveKey(def.keyType?._zod.def.type))
  if (def.type === 'custom' && bag.Class) return kindOf(bag.Class)
  return undefined
}

interface ValibotSchema {
  readonly type: string
  readonly class?: BusClass
  readonly key?: ValibotSchema
}

// It gives no way to convert what is within a set or a map: those hold what JSON says.
function valibotOptions(mark: Mark): Readonly<Record<string, unknown>> {
  return {
    overrideSchema({ valibotSchema }: { valibotSchema: ValibotSchema }) {
      const kind = valibotKind(valibotSchema)
      return kind && mark(kind)
    },
    // Conditions are checked by the library where the value arrives, as those of zod are.
    overrideAction: ({
      valibotAction,
      jsonSchema,
    }: {
      valibotAction: ValibotSchema
      jsonSchema: JsonSchema
    }) => (valibotAction.type.endsWith('check') ? jsonSchema : undefined),
  }
}

function valibotKind(schema: ValibotSchema): ValueKind | undefined {
  if (schema.type === 'date') return dateKind
  if (schema.type === 'bigint') return bigintKind
  if (schema.type === 'undefined' || schema.type === 'void') return nothingKind
  if (schema.type === 'set') return setKind({})
  if (schema.type === 'map') return mapKind({}, reviveKey(schema.key?.type))
  if (schema.type === 'instance' && schema.class) return kindOf(schema.class)
  return undefined
}

interface ArktypeFallback {
  readonly code: string
  readonly base: JsonSchema
  readonly domain?: string
  readonly unit?: unknown
  readonly proto?: BusClass
}

function arktypeOptions(mark: Mark): Readonly<Record<string, unknown>> {
  return {
    fallback({ code, base, domain, proto, ...more }: ArktypeFallback) {
      if (code === 'unit' && more.unit === undefined) return mark(nothingKind)
      if (code === 'date') return mark(dateKind)
      if (code === 'domain' && domain === 'bigint') return mark(bigintKind)
      if (code === 'proto' && proto) return mark(kindOf(proto))
      // What JSON Schema cannot say beside what it can, such as a condition, is checked by the library where the value arrives.
      if (code === 'predicate' || code === 'patternIntersection') return base
      throw new TypeError(`"${domain ?? code}" has no JSON Schema`)
    },
  }
}

function kindOf(of: BusClass): ValueKind {
  const kind = classKind(of)
  if (!kind) throw new TypeError(`the class ${of.name} has no static fromBus, which makes its instances`)
  return kind
}

// A procedure without a value answers null.
export const nothingKind: ValueKind = {
  json: { type: 'null' },
  revive: (plain) => (plain === null || plain === undefined ? undefined : unfit),
}

// The names of properties are texts, whatever the keys of the map were.
function reviveKey(type: string | undefined): (name: string) => unknown {
  if (type === 'number') return Number
  const kind = type === 'date' ? dateKind : type === 'bigint' ? bigintKind : undefined
  return (name) => {
    const key = kind?.revive(name)
    return key === undefined || key === unfit ? name : key
  }
}
