import type { DeadLetter, DeadLetterStore } from '../contracts/dead-letters.ts'
import type { ListenerAddress } from '../contracts/event-address.ts'
import { sleep } from '../util/abortable.ts'
import type { Clock } from '../util/clock.ts'

export interface RedriveOptions {
  /** Which of them: all unless given. */
  readonly where?: (letter: DeadLetter) => boolean
  /** At most so many a second: as fast as it goes unless given. */
  readonly perSecond?: number
  /** Only counts. */
  readonly dryRun?: boolean
}

/** Gives the dead letters of a listener back to it, oldest first, with the attempts counted anew (E30). Returns how many. */
export async function redriveDeadLetters(
  { store, clock }: { readonly store: DeadLetterStore; readonly clock: Clock },
  listener: ListenerAddress,
  options: RedriveOptions = {},
): Promise<number> {
  const { where = () => true, perSecond, dryRun = false } = options
  let redriven = 0
  // What fails again at once is not among them: the store lists only what is there now.
  for await (const letter of store.list(listener)) {
    if (!where(letter)) continue
    if (!dryRun && perSecond !== undefined && redriven > 0) await sleep(clock, 1_000 / perSecond)
    if (dryRun || (await store.redrive(letter))) redriven += 1
  }
  return redriven
}
