import { valueUnserializable } from '../errors/catalogue.ts'

/** What JSON can say: all that travels on the bus. */
export type PlainValue =
  string | number | boolean | null | readonly PlainValue[] | { readonly [name: string]: PlainValue }

/** The parameters of an event or a call, by name. */
export type Parameters = Readonly<Record<string, PlainValue>>

/** Named texts that travel beside the parameters: trace context, tenant and the like. */
export type Headers = Readonly<Record<string, string>>

/**
 * The value as JSON can say it, by the conventions that all services on a bus share: dates as ISO 8601 text, bytes as
 * base64 text, bigint and decimals as text, maps as objects, sets as arrays, and instances with a method `toBus` as what it returns. What is
 * undefined is left out.
 * Throws `BUS_VALUE_UNSERIALIZABLE` with the path of a value that cannot travel.
 */
export function toPlain(value: unknown, path = ''): PlainValue {
  return plain(value, path, new Set())
}

function plain(value: unknown, path: string, above: Set<object>): PlainValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw valueUnserializable({ path, what: String(value) })
  }
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') throw valueUnserializable({ path, what: typeof value })
  if (above.has(value)) throw valueUnserializable({ path, what: 'an object that contains itself' })
  above.add(value)
  try {
    return plainObject(value, path, above)
  } finally {
    above.delete(value)
  }
}

function plainObject(value: object, path: string, above: Set<object>): PlainValue {
  if ('toBus' in value && typeof value.toBus === 'function') return plain(value.toBus(), path, above)
  if (Array.isArray(value))
    return value.map((item, index) => (item === undefined ? null : plain(item, `${path}/${index}`, above)))
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
    if (value instanceof Set) return plain([...value], path, above)
    if (value instanceof Map) return plain(fromMap(value, path), path, above)
    if (value instanceof Date && Number.isNaN(value.getTime()))
      throw valueUnserializable({ path, what: 'an invalid date' })
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), path, above)
  return plainProperties(value as Readonly<Record<string, unknown>>, path, above)
}

function plainProperties(
  value: Readonly<Record<string, unknown>>,
  path: string,
  above: Set<object>,
): PlainValue {
  const result: Record<string, PlainValue> = {}
  for (const name of Object.keys(value)) {
    const item = value[name]
    if (item !== undefined) setOwn(result, name, plain(item, `${path}/${name}`, above))
  }
  return result
}

// An own property also where its name is `__proto__`, which would set the prototype.
function setOwn(result: Record<string, PlainValue>, name: string, value: PlainValue): void {
  if (name !== '__proto__') result[name] = value
  else Object.defineProperty(result, name, { value, writable: true, enumerable: true, configurable: true })
}

// The name of a property is text, as the key would be if it were a value.
function fromMap(map: ReadonlyMap<unknown, unknown>, path: string): object {
  const named = [...map].map(([key, value]) => {
    const name = toPlain(key, path)
    if (typeof name === 'object') throw valueUnserializable({ path, what: 'a map whose keys are no texts' })
    return [String(name), value] as const
  })
  return Object.fromEntries(named)
}
