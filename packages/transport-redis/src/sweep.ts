import { Recovery, type RecoverRequest } from './reclaim.ts'

// How long a sweep looks before it rests, and for how many times as long: most of the time is for what is new.
const lookMs = 2
const restTimes = 9

interface SweepParts extends RecoverRequest {
  /** Something of a key is ready to be taken. */
  readonly onReady: () => void
}

/** One look at all that a group has left in a stream, in steps that hold up nobody: first at what is pending, then at what waits for its turn. */
export class Sweep {
  readonly #parts: SweepParts
  readonly #recovery: Recovery
  #isAllRecovered = false
  #hasAllEntered = false
  #lastKey = ''
  #taken = 0

  constructor(parts: SweepParts) {
    this.#parts = parts
    const take: SweepParts['take'] = (recovered) => {
      this.#taken += 1
      parts.take(recovered)
    }
    this.#recovery = new Recovery({ ...parts, take })
  }

  /** Goes on for a moment, and takes so many at most. Tells whether that was the end, and for how many milliseconds it is to rest now. */
  async step(room: number): Promise<{ readonly isAtEnd: boolean; readonly restMs: number }> {
    const beganAt = performance.now()
    let isAtEnd = false
    this.#taken = 0
    while (!isAtEnd && this.#taken < room && performance.now() - beganAt < lookMs)
      isAtEnd = await this.#next(room - this.#taken)
    // What takes something over is work; only looking is to leave room for others.
    const isLooking = !isAtEnd && this.#taken === 0
    return { isAtEnd, restMs: isLooking ? restTimes * (performance.now() - beganAt) : 0 }
  }

  async #next(room: number): Promise<boolean> {
    const { source, onReady } = this.#parts
    if (!this.#isAllRecovered) {
      this.#isAllRecovered = await this.#recovery.step(room)
      return false
    }
    if (!this.#hasAllEntered) {
      this.#hasAllEntered = await source.turns.enterPage()
      return false
    }
    if (source.isPrivate) return true
    const { last, isAtEnd, isReady } = await source.turns.mend(this.#lastKey)
    this.#lastKey = last
    if (isReady) onReady()
    return isAtEnd
  }
}
