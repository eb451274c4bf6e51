import {
  backoffMs,
  sleep,
  type Clock,
  type EventDelivery,
  type EventSubscription,
} from '@lightbus/core/transport'
import { WakeUp } from './wake-up.ts'

/** Where deliveries come from. */
export interface Supply {
  /** The next one at hand. */
  next(): EventDelivery | undefined
  /** Fetches some; false when there is nothing to do before somebody wakes the loop. */
  more(): Promise<boolean>
  /** The iteration has ended. */
  rest(): Promise<void>
  readonly isFull: boolean
}

interface LoopParts {
  readonly clock: Clock
  /** The longest pause between two tries after a failure. */
  readonly restartDelayMs: number
  readonly supply: Supply
}

/** Hands out what is pulled, and fetches only when it is pulled and nothing fetched is left. Goes on after failures, until it is closed. */
export class PullLoop {
  /** What is to be undone when it closes. */
  readonly undo: (() => void)[] = []
  readonly #parts: LoopParts
  readonly #wakeUp = new WakeUp()
  readonly #timers = new Set<() => void>()
  #pulls = 0
  #isPaused = false
  #isClosed = false

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether what can be fetched will be. */
  get isPulling(): boolean {
    return this.#pulls > 0 && !this.#isPaused && !this.#isClosed
  }

  get state(): EventSubscription['state'] {
    if (this.#isClosed) return 'stopped'
    if (this.#isPaused) return 'paused'
    return this.#parts.supply.isFull ? 'busy' : 'accepting'
  }

  wake(): void {
    this.#wakeUp.wake()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.wake()
  }

  async *deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    const wake = (): void => this.wake()
    signal.addEventListener('abort', wake)
    // Whoever does not pull again after closing never comes to the end of this function.
    this.undo.push(() => signal.removeEventListener('abort', wake))
    this.#pulls += 1
    try {
      for (let failures = 0; !signal.aborted && !this.#isClosed;) {
        const next = this.#isPaused ? undefined : this.#parts.supply.next()
        if (next) yield next
        else if (this.#isPaused) await this.#wakeUp.next()
        else failures = (await this.#step()) ? 0 : failures + 1
        if (failures > 0) await this.#afterFailure(failures, signal)
      }
    } finally {
      this.#pulls -= 1
      signal.removeEventListener('abort', wake)
      await this.#parts.supply.rest()
    }
  }

  /** Acts after so long, unless it is closed by then. */
  after(ms: number, act: () => void): void {
    if (this.#isClosed) return
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel)
      if (!this.#isClosed) act()
    })
    this.#timers.add(cancel)
  }

  /** Ends the iteration. */
  close(): void {
    this.#isClosed = true
    this.wake()
    this.leave()
    for (const cancel of this.#timers) cancel()
  }

  leave(): void {
    for (const undo of this.undo.splice(0)) undo()
  }

  /** False when it failed. */
  async #step(): Promise<boolean> {
    try {
      if (!(await this.#parts.supply.more())) await this.#wakeUp.next()
      return true
    } catch {
      // The connection reports its loss itself, once; here it is only tried again.
      return false
    }
  }

  async #afterFailure(failures: number, signal: AbortSignal): Promise<void> {
    const maxMs = Math.max(1, this.#parts.restartDelayMs)
    const ms = backoffMs(failures, { baseMs: Math.min(50, maxMs), maxMs })
    await sleep(this.#parts.clock, ms, signal).catch(() => undefined)
  }
}
