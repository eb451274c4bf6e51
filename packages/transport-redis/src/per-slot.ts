/** What stands between the first braces of a key decides its slot. */
export function slotTag(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key
}

/** One of something for all keys; in a Cluster, one for all keys of a slot. */
export class PerSlot<T> {
  readonly #all = new Map<string, T>()
  readonly #hasSlots: boolean
  readonly #make: (key: string) => T

  constructor(hasSlots: boolean, make: (key: string) => T) {
    this.#hasSlots = hasSlots
    this.#make = make
  }

  /** Made when first asked for. */
  of(key: string): T {
    const tag = this.#hasSlots ? slotTag(key) : ''
    const one = this.#all.get(tag) ?? this.#make(key)
    this.#all.set(tag, one)
    return one
  }

  all(): readonly T[] {
    return [...this.#all.values()]
  }
}
