import { testClockReal } from '../errors/test-errors.ts'
import { sleep } from '../util/abortable.ts'
import { realClock, type Clock } from '../util/clock.ts'
import type { VirtualClock } from '../util/virtual-clock.ts'

/** How time passes in a test. */
export interface TestTime {
  readonly clock: Clock
  /** The clock as one that a test may move. Throws `BUS_TEST_CLOCK_REAL` where time is real. */
  readonly virtual: VirtualClock
  /** After how long without anything new something counts as hanging, in real milliseconds. */
  readonly patienceMs: number
  /** How late an event with a delay may arrive, in milliseconds. */
  readonly latenessMs: number
  /** Lets what can go on at this moment go on. */
  turn(): Promise<void>
  /** Goes to what is due next, unless that is after `until`. False where nothing is due until then, or time is real. */
  jump(until: number): boolean
  /** Lets so much time pass; `calm` is asked to let everything happen that has come due on the way. */
  pass(ms: number, calm: () => Promise<void>): Promise<void>
}

/** Time that stands still unless the test, or what waits for it, makes it pass. */
export function virtualTime(clock: VirtualClock): TestTime {
  const jump = (until: number): boolean => {
    if ((clock.nextAt ?? Infinity) > until) return false
    clock.advanceToNext()
    // With all that is due at the same moment.
    clock.advance(0)
    return true
  }
  return {
    clock,
    virtual: clock,
    patienceMs: 1_500,
    latenessMs: 0,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    jump,
    async pass(ms, calm) {
      const until = clock.now() + ms
      while (jump(until)) await calm()
      clock.advance(until - clock.now())
      await calm()
    },
  }
}

/** The machine's time, for brokers that have no other. */
export const realTime: TestTime = {
  clock: realClock,
  get virtual(): VirtualClock {
    throw testClockReal({ wanted: 't.clock' })
  },
  patienceMs: 10_000,
  latenessMs: 2_000,
  turn: () => sleep(realClock, 2),
  jump: () => false,
  async pass(ms, calm) {
    await sleep(realClock, ms)
    await calm()
  },
}
