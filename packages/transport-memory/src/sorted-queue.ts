/** A queue in the order of its items' sequence numbers, cheap at both ends; what comes back finds its old place. */
export class SortedQueue<T extends { readonly sequence: number }> implements Iterable<T> {
  #items: T[]
  #head = 0

  constructor(items: Iterable<T> = []) {
    this.#items = [...items]
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  add(item: T): void {
    const last = this.#items.at(-1)
    if (this.length === 0 || !last || last.sequence < item.sequence) {
      this.#items.push(item)
      return
    }
    const index = this.#placeOf(item.sequence)
    // What comes back is old, so there is room for it where it was taken.
    if (index === this.#head && this.#head > 0) this.#items[--this.#head] = item
    else this.#items.splice(index, 0, item)
  }

  /** Takes an item out, wherever it is; false when it is not there. */
  remove(item: T): boolean {
    const index = this.#placeOf(item.sequence)
    if (this.#items[index] !== item) return false
    if (index === this.#head) this.takeFirst()
    else this.#items.splice(index, 1)
    return true
  }

  takeFirst(): T | undefined {
    const first = this.#items[this.#head]
    if (first === undefined) return undefined
    this.#head++
    if (this.#head === this.#items.length) this.#items.length = this.#head = 0
    // Moving the rest only now and then keeps a long queue from being copied for each item.
    if (this.#head >= 256 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return first
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index] as T
  }

  // The index of the first item that does not come before the number.
  #placeOf(sequence: number): number {
    let low = this.#head
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#items[middle]?.sequence ?? Infinity) < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
