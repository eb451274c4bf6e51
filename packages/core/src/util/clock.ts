/** Time as the bus sees it: real in production, virtual in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `act` once after `ms`; the returned function cancels it. */
  after(ms: number, act: () => void): () => void
}

// Node's timers hold 31 bits of milliseconds; more would fire at once.
const longestTimerMs = 2 ** 31 - 1

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, longestTimerMs))
    return () => clearTimeout(timer)
  },
}
