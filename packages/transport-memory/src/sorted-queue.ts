/** A queue in the order of its items' sequence numbers, cheap at both ends; what comes back finds its old place. */
export class SortedQueue<T extends { readonly sequence: number }> implements Iterable<T> {
  #items: T[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  add(item: T): void {
    const last = this.#items.at(-1)
    if (this.length === 0 || !last || last.sequence < item.sequence) {
      this.#items.push(item)
      return
    }
    // What comes back is old, so its place is near the head.
    let index = this.#head
    while ((this.#items[index]?.sequence ?? Infinity) < item.sequence) index++
    this.#items.splice(index, 0, item)
  }

  /** Takes out the first item that fits. */
  takeFirst(fits: (item: T) => boolean): T | undefined {
    for (let index = this.#head; index < this.#items.length; index++) {
      const item = this.#items[index]
      if (!item || !fits(item)) continue
      if (index === this.#head) this.dropFirst()
      else this.#items.splice(index, 1)
      return item
    }
    return undefined
  }

  dropFirst(): void {
    this.#head++
    // Moving the rest only now and then keeps a long queue from being copied for each item.
    if (this.#head < 256 || this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index] as T
  }
}
