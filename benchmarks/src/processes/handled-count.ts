/** Microseconds by a clock that all processes of the machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** What has come of a backlog or a stream of events. */
export interface HandledSoFar {
  readonly count: number
  /** From the first to the last, so that the time of all but the first. */
  readonly ms: number
}

/** Counts what is handled, and tells whoever waits for so many. */
export class HandledCount {
  #count = 0
  #firstUs = 0
  #lastUs = 0
  #goal = Infinity
  #reached: () => void = () => undefined

  add(atUs: number): void {
    this.#count += 1
    this.#lastUs = atUs
    if (this.#count === 1) this.#firstUs = atUs
    if (this.#count >= this.#goal) this.#reached()
  }

  reset(): void {
    this.#count = 0
    this.#goal = Infinity
  }

  soFar(): HandledSoFar {
    return { count: this.#count, ms: (this.#lastUs - this.#firstUs) / 1_000 }
  }

  /** Resolves once so many were handled since the last reset. */
  async reached(goal: number): Promise<HandledSoFar> {
    if (this.#count < goal)
      await new Promise<void>((resolve) => {
        this.#goal = goal
        this.#reached = resolve
      })
    return this.soFar()
  }
}
