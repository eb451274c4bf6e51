import type { Clock } from '@lightbus/core/transport'

/** A clock that knows how many of its timers are still to come, so that tests see what was left behind. */
export class CountingClock implements Clock {
  readonly #clock: Clock
  readonly #running = new Set<object>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get running(): number {
    return this.#running.size
  }

  now(): number {
    return this.#clock.now()
  }

  after(ms: number, act: () => void): () => void {
    const timer = {}
    this.#running.add(timer)
    const cancel = this.#clock.after(ms, () => {
      this.#running.delete(timer)
      act()
    })
    return () => {
      this.#running.delete(timer)
      cancel()
    }
  }
}
