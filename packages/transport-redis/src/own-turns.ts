/** Lets one item of each key ahead at a time, in the order in which they come. */
export class OwnTurns<T> {
  readonly #behind = new Map<string, T[]>()
  #size = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  /** Whether the item may go ahead. If not it waits until those before it have left. */
  enter(key: string, item: T): boolean {
    const behind = this.#behind.get(key)
    if (!behind) {
      this.#behind.set(key, [])
      return true
    }
    behind.push(item)
    this.#size += 1
    return false
  }

  /** The one that was ahead is done with. Returns the one that goes ahead now. */
  leave(key: string): T | undefined {
    const next = this.#behind.get(key)?.shift()
    if (next === undefined) this.#behind.delete(key)
    else this.#size -= 1
    return next
  }
}
