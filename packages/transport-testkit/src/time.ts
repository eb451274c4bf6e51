import { realClock, type Clock } from '@lightbus/core/transport'
import { VirtualClock } from '@lightbus/core/testing'

/**
 * The time of a case. A virtual clock goes on to its next timer whenever nothing else is left to be done, so that hours
 * pass in milliseconds and nothing is late because the machine was slow.
 */
export class Time {
  readonly clock: Clock
  readonly #isReal: boolean
  #isOver = false

  constructor(clock: Clock = realClock) {
    this.clock = clock
    this.#isReal = !(clock instanceof VirtualClock)
    if (clock instanceof VirtualClock) void this.#flow(clock)
  }

  /** Resolves when the clock is there. */
  async reach(instant: number): Promise<void> {
    while (this.clock.now() < instant)
      await new Promise<void>((resolve) => this.clock.after(Math.max(1, instant - this.clock.now()), resolve))
  }

  /** How many timers are set on a virtual clock; those of the machine's cannot be told apart. */
  get timers(): number {
    return this.clock instanceof VirtualClock ? this.clock.timers : 0
  }

  /** Lets whatever is ready run, once. */
  turn(): Promise<void> {
    return turns(this.#isReal ? 1 : turnsUntilIdle + 1)
  }

  end(): void {
    this.#isOver = true
  }

  async #flow(clock: VirtualClock): Promise<void> {
    while (!this.#isOver) {
      await turns(turnsUntilIdle)
      if (!this.#isOver) clock.advanceToNext()
    }
  }
}

// Promises settle within one turn; a few more let code through that waits for a turn itself.
const turnsUntilIdle = 3

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
