import type { BrokerTime } from './broker-time.ts'

/** Renews after an interval, once for each start. Has no timer while it is stopped. */
export class LeaseRenewal {
  readonly #time: BrokerTime
  readonly #intervalMs: number
  readonly #renew: () => Promise<void>
  #stopTimer: (() => void) | undefined

  constructor(time: BrokerTime, intervalMs: number, renew: () => Promise<void>) {
    this.#time = time
    this.#intervalMs = intervalMs
    this.#renew = renew
  }

  /** Harmless when it is started already. */
  start(): void {
    const { timers, clock } = this.#time
    this.#stopTimer ??= timers.after(clock, this.#intervalMs, () => {
      this.#stopTimer = undefined
      void this.#renew()
    })
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }
}
