/**
 * What a loop has running: at most `limit` at a time if there is one, and all of it can be waited for. The loop asks for room before it
 * pulls, so that it never holds what cannot start.
 */
export class InFlight {
  readonly #limit: number
  readonly #running = new Set<Promise<void>>()

  constructor(limit = Infinity) {
    this.#limit = limit
  }

  /** Starts the act; whoever starts it has seen to it that it does not reject. */
  start(act: () => Promise<void>): void {
    const running = act().finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when one more may start. */
  async room(): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running)
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  get count(): number {
    return this.#running.size
  }
}
