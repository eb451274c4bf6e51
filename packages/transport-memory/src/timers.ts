import type { Clock } from '@lightbus/core/transport'

/** The timers of one broker: what is still to come is cancelled together with it. */
export class Timers {
  readonly #cancels = new Set<() => void>()

  /** Runs `act` once, no earlier than `ms` from now by the clock; the returned function cancels it. */
  after(clock: Clock, ms: number, act: () => void): () => void {
    const dueAt = clock.now() + ms
    let cancelTimer: () => void
    const cancel = (): void => {
      this.#cancels.delete(cancel)
      cancelTimer()
    }
    const arm = (): void => {
      cancelTimer = clock.after(Math.max(dueAt - clock.now(), 1), () => {
        // A timer may be a little early, and one of more than 24 days comes after 24.
        if (clock.now() < dueAt) return arm()
        this.#cancels.delete(cancel)
        act()
      })
    }
    arm()
    this.#cancels.add(cancel)
    return cancel
  }

  cancelAll(): void {
    for (const cancel of this.#cancels) cancel()
  }
}
