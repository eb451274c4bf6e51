/** How often what goes wrong, as a probability from 0 to 1 each. The same seed gives the same mishaps. */
export interface ChaosOptions {
  readonly seed: number
  readonly duplicate?: number
  readonly reorder?: number
  readonly delay?: number
  readonly drop_connection?: number
  readonly fail_send?: number
}

/** What befalls one sending. */
export interface Mishap {
  readonly isDuplicated: boolean
  /** The sending waits this long, so that it is late or overtaken. */
  readonly delayMs: number
  readonly dropsConnection: boolean
  readonly fails: boolean
}

const longestDelayMs = 50
const overtakenAfterMs = 5

/** Decides by a seed what goes wrong, one sending after the other. */
export class SeededChaos {
  readonly #options: ChaosOptions
  readonly #random: () => number

  constructor(options: ChaosOptions) {
    this.#options = options
    this.#random = mulberry32(options.seed)
  }

  /** Draws the same number of times for each sending, so that one probability does not shift what the others decide. */
  next(): Mishap {
    const { duplicate, reorder, delay, drop_connection, fail_send } = this.#options
    const isDuplicated = this.#happens(duplicate)
    const reorderMs = this.#happens(reorder) ? overtakenAfterMs : 0
    const delays = this.#happens(delay)
    const delayMs = Math.ceil(this.#random() * longestDelayMs)
    const dropsConnection = this.#happens(drop_connection)
    const fails = this.#happens(fail_send)
    return { isDuplicated, delayMs: reorderMs + (delays ? delayMs : 0), dropsConnection, fails }
  }

  #happens(probability = 0): boolean {
    return this.#random() < probability
  }
}

/** Tommy Ettinger's generator of 32 bits: numbers from 0 up to 1, the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
