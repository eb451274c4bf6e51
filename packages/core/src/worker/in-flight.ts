/**
 * What a loop has running: at most `limit` at a time if there is one, and all of it can be waited for. The loop asks for room before it
 * pulls, so that it never holds what cannot start.
 */
export class InFlight {
  readonly #limit: number
  readonly #running = new Set<Promise<void>>()
  #waiting: (() => void)[] = []

  constructor(limit = Infinity) {
    this.#limit = limit
  }

  /** Starts the act; whoever starts it has seen to it that it does not reject. */
  start(act: () => Promise<void>): void {
    const running = act().finally(() => {
      this.#running.delete(running)
      for (const wake of this.#waiting.splice(0)) wake()
    })
    this.#running.add(running)
  }

  /** Resolves when one more may start. */
  async room(): Promise<void> {
    // Not a race between those that run: one that runs for long would keep what waited for each of the others.
    while (this.#running.size >= this.#limit)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  get count(): number {
    return this.#running.size
  }
}
