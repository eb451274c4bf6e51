import type { Clock } from '../util/clock.ts'

/** At most so many events in so long a time. */
export interface Rate {
  readonly events: number
  readonly perMs: number
}

/**
 * Remembers when the last events began: never do more than `events` begin within any `perMs`, wherever that span starts. What was allowed and not
 * used is not saved up.
 */
export class RateLimit {
  readonly #clock: Clock
  #rate: Rate
  /** A ring: once it is full, the oldest is the next to be written over. */
  #begun: number[] = []
  #next = 0

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock
    this.#rate = rate
  }

  /** For how long no further event may begin: 0 when one may at once. */
  get waitMs(): number {
    const oldest = this.#begun[this.#next]
    const agoMs = oldest === undefined ? Infinity : this.#clock.now() - oldest
    // A clock that was set back must not hold up everything until it has caught up.
    return agoMs < 0 ? 0 : Math.max(0, this.#rate.perMs - agoMs)
  }

  /** An event begins. */
  count(): void {
    this.#begun[this.#next] = this.#clock.now()
    this.#next = (this.#next + 1) % this.#rate.events
  }

  /** Another rate counts from now on, also for what has begun already. */
  change(rate: Rate): void {
    const inOrder = [...this.#begun.slice(this.#next), ...this.#begun.slice(0, this.#next)]
    this.#begun = inOrder.slice(-rate.events)
    this.#next = this.#begun.length % rate.events
    this.#rate = rate
  }
}
