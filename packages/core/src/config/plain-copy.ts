/** A plain object or array: what a configuration branches at. Instances of classes are values. */
export function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  return Array.isArray(value) || isSection(value)
}

/** A plain object. */
export function isSection(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Copies the branches of a value; instances of classes and functions stay the same ones. */
export function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy)
  if (!isSection(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainCopy(child)]))
}

/** Freezes the branches of a value; instances of classes stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (!isBranch(value) || Object.isFrozen(value)) return value
  Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}

/** A map that stays as it was made: `Object.freeze` alone does not keep a Map from changing. */
export function frozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  const refuse = (): never => {
    throw new TypeError('This map is frozen.')
  }
  return Object.freeze(Object.assign(new Map(entries), { set: refuse, delete: refuse, clear: refuse }))
}
