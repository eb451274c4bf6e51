import type { Clock } from './clock.ts'

interface Timer {
  readonly dueAt: number
  readonly act: () => void
}

/** A clock that stands still until it is told to go on, for tests that must not wait. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #now: number

  /** Starts at `now`, in milliseconds since the epoch. */
  constructor(now: number = Date.UTC(2020, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, act: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, ms), act }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** When the next timer is due, in milliseconds since the epoch; undefined when there is none. */
  get nextAt(): number | undefined {
    return this.#next()?.dueAt
  }

  /** Goes to the moment of the next timer and runs it. False when there is none. */
  advanceToNext(): boolean {
    const next = this.#next()
    if (!next) return false
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.dueAt)
    next.act()
    return true
  }

  /** Lets `ms` pass, running on the way what comes due. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) this.advanceToNext()
    this.#now = until
  }

  // Of those due at the same moment the first that was set.
  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (!next || timer.dueAt < next.dueAt) next = timer
    return next
  }
}
