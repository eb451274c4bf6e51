import { transportClosed } from '@lightbus/core/transport'

/**
 * An iterator over what `take` finds. A pull that finds nothing waits, and is answered inside `offer`, in the same tick: whoever
 * offers knows afterwards that it was handed over. Nothing is taken that was not pulled for, so that nothing has to be given back.
 */
class Pulls<T extends object> implements AsyncIterableIterator<T> {
  readonly #take: () => T | undefined
  readonly #signal: AbortSignal
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = []
  readonly #ended: () => void
  readonly #end = (): void => this.end()
  #hasEnded = false

  constructor(take: () => T | undefined, signal: AbortSignal, ended: () => void) {
    this.#take = take
    this.#ended = ended
    this.#signal = signal
    if (signal.aborted) this.#hasEnded = true
    else signal.addEventListener('abort', this.#end, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined })
    const value = this.#take()
    if (value) return Promise.resolve({ done: false, value })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Answers one waiting pull, if there is one and something to take for it. */
  offer(): boolean {
    if (this.#waiting.length === 0) return false
    const value = this.#take()
    if (!value) return false
    this.#waiting.shift()?.({ done: false, value })
    return true
  }

  end(): void {
    this.#hasEnded = true
    this.#ended()
    this.#signal.removeEventListener('abort', this.#end)
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined })
  }
}

/** All iterations over the same source: usually one, but whoever iterates may stop and begin anew. */
export class PullSet<T extends object> {
  readonly #take: () => T | undefined
  readonly #pulls = new Set<Pulls<T>>()
  #hasEnded = false

  constructor(take: () => T | undefined) {
    this.#take = take
  }

  /** Throws `BUS_TRANSPORT_CLOSED` after the end. */
  iterate(signal: AbortSignal): AsyncIterable<T> {
    if (this.#hasEnded) throw transportClosed({ transport: 'memory' })
    const pulls = new Pulls(this.#take, signal, () => this.#pulls.delete(pulls))
    if (!signal.aborted) this.#pulls.add(pulls)
    return pulls
  }

  /** Answers one waiting pull. */
  offer(): boolean {
    for (const pulls of this.#pulls) if (pulls.offer()) return true
    return false
  }

  /** Answers as many as there is something for. */
  offerAll(): void {
    while (this.offer());
  }

  end(): void {
    this.#hasEnded = true
    for (const pulls of this.#pulls) pulls.end()
  }
}
