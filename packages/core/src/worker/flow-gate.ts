import type { Clock } from '../util/clock.ts'
import { RateLimit, type Rate } from './rate-limit.ts'

/** How a listener may go on. */
export interface Flow {
  readonly isPaused: boolean
  readonly concurrency: number
  readonly rateLimit: Rate | undefined
}

/** Says when a listener may take one more event: not while it is paused, not beyond its concurrency, and not faster than its rate limit. */
export class FlowGate {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #flow: Flow
  #rate: RateLimit | undefined
  #running = 0

  constructor(clock: Clock, flow: Flow) {
    this.#clock = clock
    this.#flow = flow
    this.change(flow)
  }

  /** Counts at once, also for what waits here. What runs already goes on. */
  change(flow: Flow): void {
    const { rateLimit } = flow
    if (!rateLimit) this.#rate = undefined
    else if (this.#rate) this.#rate.change(rateLimit)
    else this.#rate = new RateLimit(this.#clock, rateLimit)
    this.#flow = flow
    this.#wake()
  }

  /** Whether one more may be pulled now. */
  get isOpenNow(): boolean {
    return this.#waitMs === 0
  }

  /** Resolves with true when one more may be pulled, and with false as soon as the signal aborts. */
  async isOpen(signal: AbortSignal): Promise<boolean> {
    for (let waitMs = this.#waitMs; waitMs > 0 && !signal.aborted; waitMs = this.#waitMs)
      await this.#changeWithin(waitMs, signal)
    return !signal.aborted
  }

  /**
   * Takes the place of one that runs, until it is given back; false when there is none before the signal aborts. Seldom waits
   * where the gate was open before the pull: only if the limits have become narrower since, or another loop of the listener was faster.
   */
  async enter(signal: AbortSignal): Promise<boolean> {
    do if (this.enterNow()) return true
    while (await this.isOpen(signal))
    return false
  }

  /** Takes a place if there is one now. */
  enterNow(): boolean {
    if (!this.isOpenNow) return false
    this.#running += 1
    this.#rate?.count()
    return true
  }

  /** Gives a place back. */
  readonly leave = (): void => {
    this.#running -= 1
    if (this.#waiting.size > 0) this.#wake()
  }

  get #waitMs(): number {
    const { isPaused, concurrency } = this.#flow
    return isPaused || this.#running >= concurrency ? Infinity : (this.#rate?.waitMs ?? 0)
  }

  #changeWithin(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === Infinity ? undefined : this.#clock.after(ms, () => goOn())
      const goOn = (): void => {
        cancel?.()
        this.#waiting.delete(goOn)
        signal.removeEventListener('abort', goOn)
        resolve()
      }
      this.#waiting.add(goOn)
      signal.addEventListener('abort', goOn, { once: true })
    })
  }

  #wake(): void {
    for (const goOn of this.#waiting) goOn()
  }
}
