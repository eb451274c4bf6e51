import { Recovery, type RecoverRequest } from './reclaim.ts'

// How long a sweep looks before it rests, and for how many times as long: most of the time is for what is new.
const lookMs = 2
const restTimes = 4

interface SweepParts extends RecoverRequest {
  /** Something of a key is ready to be taken. */
  readonly onReady: () => void
}

/** One look at all that a group has left in a stream, in steps that hold up nobody: first what is pending, then what waits for its turn. */
export class Sweep {
  readonly #parts: SweepParts
  readonly #recovery: Recovery
  #isAllRecovered = false
  #lastKey = ''
  #taken = 0
  #restsUntil = 0

  constructor(parts: SweepParts) {
    this.#parts = parts
    const take: SweepParts['take'] = (recovered) => {
      this.#taken += 1
      parts.take(recovered)
    }
    this.#recovery = new Recovery({ ...parts, take })
  }

  /** For how many more milliseconds it rests. */
  get restMs(): number {
    return Math.max(0, this.#restsUntil - performance.now())
  }

  /** Goes on for a moment, and takes so many at most. True at the end. */
  async step(room: number): Promise<boolean> {
    const beganAt = performance.now()
    let isAtEnd = false
    this.#taken = 0
    while (!isAtEnd && this.#taken < room && performance.now() - beganAt < lookMs)
      isAtEnd = await this.#next(room - this.#taken)
    // What takes something over is work; only looking is to leave room for others.
    if (this.#taken === 0) this.#restsUntil = performance.now() + restTimes * (performance.now() - beganAt)
    return isAtEnd
  }

  async #next(room: number): Promise<boolean> {
    this.#isAllRecovered ||= await this.#recovery.step(room)
    if (!this.#isAllRecovered) return false
    const { source, onReady } = this.#parts
    if (source.isPrivate) return true
    const { last, isAtEnd, isReady } = await source.turns.mend(this.#lastKey)
    this.#lastKey = last
    if (isReady) onReady()
    return isAtEnd
  }
}
