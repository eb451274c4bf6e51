/** An object that does all that the original does, except for what the change does instead. */
export function changed<T extends object>(original: T, change: Partial<T>): T {
  const members: PropertyDescriptorMap = {}
  for (const name of namesIn(original)) members[name] = { get: () => forwarded(original, name) }
  // It has every name that the original has.
  return Object.defineProperties({}, { ...members, ...Object.getOwnPropertyDescriptors(change) }) as T
}

/** What an iterator gives, each item as `change` returns it. Ends and is ended as the original. */
export function mapped<T>(
  original: AsyncIterable<T>,
  change: (item: T) => T | Promise<T>,
): AsyncIterableIterator<T> {
  const iterator = original[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const item = await iterator.next()
      return item.done ? item : { done: false, value: await change(item.value) }
    },
    async return() {
      await iterator.return?.()
      return { done: true, value: undefined }
    },
  }
}

function namesIn(original: object): ReadonlySet<PropertyKey> {
  const names = new Set<PropertyKey>()
  for (
    let part = original;
    part !== Object.prototype;
    part = Reflect.getPrototypeOf(part) ?? Object.prototype
  )
    for (const name of Reflect.ownKeys(part)) if (name !== 'constructor') names.add(name)
  return names
}

// Bound to the original, whose private fields nobody else has.
function forwarded(original: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(original, name)
  return typeof value === 'function' ? value.bind(original) : value
}
