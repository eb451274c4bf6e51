/** What a loop has running. All of it can be waited for, and from the end's beginning on it is counted what became of it. */
export class InFlight {
  readonly #running = new Set<Promise<void>>()
  #finished = 0
  #finishedBefore = 0

  /** Starts the act, which does not reject. */
  start(act: () => Promise<void>): void {
    const running = act().then(() => {
      this.#running.delete(running)
      this.#finished += 1
    })
    this.#running.add(running)
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** What is finished is counted anew. */
  countAnew(): void {
    this.#finishedBefore = this.#finished
  }

  /** How much was finished since then, and how much still runs. */
  get counts(): InFlightCounts {
    return { finished: this.#finished - this.#finishedBefore, running: this.#running.size }
  }
}

export interface InFlightCounts {
  readonly finished: number
  readonly running: number
}
