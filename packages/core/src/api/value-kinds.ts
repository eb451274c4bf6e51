import type { JsonSchema } from './api-schema.ts'

/** What a text, a number, a list or an object of the wire stands for where it stands for none. */
export const unfit = Symbol('unfit')

/** A value that JSON has no word for: how it is published, and how it comes back. */
export interface ValueKind {
  readonly json: JsonSchema
  /** The value that something of the wire stands for, its parts revived before; `unfit` where it stands for none. */
  revive(plain: unknown): unknown
}

/** A class whose instances travel: those of Date, URL and bytes do so by themselves, others say how. */
export interface BusClass<T = unknown> {
  readonly name: string
  readonly prototype: T
  /** The counterpart of the method `toBus` of its instances. Throws where the value stands for no instance. */
  fromBus?(plain: never): T
}

// ISO 8601 as Lightbus writes it. Without a time zone it is UTC, so that it means the same in every process.
const dateText = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export const dateKind: ValueKind = {
  json: { type: 'string', format: 'date-time' },
  revive(plain) {
    if (plain instanceof Date) return plain
    const found = typeof plain === 'string' ? dateText.exec(plain) : null
    if (!found) return unfit
    const [text, zone] = found
    const date = new Date(zone === undefined && text.length > 10 ? `${text}Z` : text)
    return Number.isNaN(date.getTime()) ? unfit : date
  },
}

/** Text, so that none of it is lost. Python's whole numbers are taken as well, but for those that JSON has rounded here. */
export const bigintKind: ValueKind = {
  json: { type: ['string', 'integer'], pattern: '^-?[0-9]+$' },
  revive(plain) {
    if (typeof plain === 'bigint') return plain
    if (typeof plain === 'number') return Number.isSafeInteger(plain) ? BigInt(plain) : unfit
    return typeof plain === 'string' && /^-?[0-9]+$/.test(plain) ? BigInt(plain) : unfit
  },
}

/** A set of what the items of a list stand for. */
export function setKind(items: JsonSchema): ValueKind {
  return {
    json: { type: 'array', items },
    revive: (plain) => (plain instanceof Set ? plain : Array.isArray(plain) ? new Set(plain) : unfit),
  }
}

/** A map of what the properties of an object stand for, by what their names stand for. */
export function mapKind(values: JsonSchema, reviveKey: (name: string) => unknown): ValueKind {
  return {
    json: { type: 'object', additionalProperties: values },
    revive(plain) {
      if (plain instanceof Map) return plain
      if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return unfit
      return new Map(Object.entries(plain).map(([name, value]) => [reviveKey(name), value]))
    },
  }
}

/** The instances of a class, undefined where nothing says how they come back from the bus. */
export function classKind(of: BusClass): ValueKind | undefined {
  if (of.prototype === Date.prototype) return dateKind
  if (of.prototype === Set.prototype) return setKind({})
  if (of.prototype === Map.prototype) return mapKind({}, (name) => name)
  const text = textualClasses.get(of.prototype)
  if (text) return reviving(of, text.json, text.revive)
  if (typeof of.fromBus === 'function') return reviving(of, {}, (plain) => of.fromBus?.(plain as never))
  return undefined
}

interface TextualClass {
  readonly json: JsonSchema
  revive(plain: unknown): unknown
}

const bytesOf = (plain: unknown): Buffer => {
  if (typeof plain !== 'string' || !base64Text.test(plain)) throw new TypeError('This is no base64 text')
  return Buffer.from(plain, 'base64')
}

const textualClasses = new Map<unknown, TextualClass>([
  [Uint8Array.prototype, { json: { type: 'string' }, revive: (plain) => new Uint8Array(bytesOf(plain)) }],
  [Buffer.prototype, { json: { type: 'string' }, revive: bytesOf }],
  [URL.prototype, { json: { type: 'string', format: 'uri' }, revive: (plain) => new URL(plain as string) }],
])

function reviving(of: BusClass, json: JsonSchema, revive: (plain: unknown) => unknown): ValueKind {
  return {
    json,
    revive(plain) {
      if (isInstance(of, plain)) return plain
      try {
        return revive(plain)
      } catch {
        // Whoever wants an instance says that this is none, without quoting it.
        return unfit
      }
    },
  }
}

/** Whether a value is an instance of a class. */
export function isInstance({ prototype }: BusClass, value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.prototype.isPrototypeOf.call(prototype as object, value)
  )
}
