import { testUnsettled } from '../errors/test-errors.ts'
import { realClock } from '../util/clock.ts'
import { durationMs, type Duration } from '../util/duration.ts'
import type { TestTime } from './test-time.ts'
import type { Witness } from './witness.ts'

/** How long to wait for everything to come to rest. */
export interface SettleLimits {
  /** Real time during which nothing begins or ends: 1.5 s, over a real broker 10 s. */
  readonly within?: Duration
  /** Virtual time that may pass for retries and delayed events: 1 h. */
  readonly ahead?: Duration
}

export interface SettleParts {
  readonly witness: Witness
  readonly time: TestTime
  /** Whether anybody listens for an event. */
  readonly isHeard: (path: string) => boolean
  /** What is on its way to listeners, a line each. */
  readonly waiting: () => Promise<readonly string[]>
  /** Why the bus has stopped, once it has. */
  readonly stopped: () => { readonly failure: unknown } | undefined
}

/** An act of the test, as far as it is. */
export interface Act<T> {
  outcome: { readonly value: T } | { readonly error: unknown } | undefined
}

/** Begins an act. */
export function begin<T>(act: () => T | Promise<T>): Act<T> {
  const begun: Act<T> = { outcome: undefined }
  void (async () => act())().then(
    (value) => (begun.outcome = { value }),
    (error: unknown) => (begun.outcome = { error }),
  )
  return begun
}

/**
 * Resolves when the act is over and all that it brought about: nothing runs, and nothing is on its way to a listener. Time passes only for
 * what waits for it. Rejects with `BUS_TEST_UNSETTLED` when nothing moves any more, and with its reason when the bus stops.
 */
export async function atRest(parts: SettleParts, act: Act<unknown>, limits: SettleLimits): Promise<void> {
  const { witness, time, stopped } = parts
  const withinMs = limits.within === undefined ? time.patienceMs : durationMs(limits.within)
  const latest = time.clock.now() + durationMs(limits.ahead ?? '1h')
  let [changes, since, calmTurns] = [-1, realClock.now(), 0]
  for (;;) {
    await time.turn()
    const waiting = await whatWaits(parts).catch((error: unknown) => ({ error }))
    const failure = stopped()?.failure
    if (failure !== undefined) throw failure
    if ('error' in waiting) throw waiting.error
    calmTurns += 1
    if (changes !== witness.changes) [changes, since, calmTurns] = [witness.changes, realClock.now(), 0]
    if (calmTurns < enoughTurns) continue
    const isIdle = witness.running.length === 0
    if (isIdle && waiting.length === 0 && act.outcome) return
    if (isIdle && waiting.length > 0 && time.jump(latest)) calmTurns = 0
    else if (realClock.now() - since > withinMs) throw unsettled(witness, waiting, act)
  }
}

/** Waits until nothing happens any more at this moment, however much still runs. */
export async function calm({ witness, time }: Pick<SettleParts, 'witness' | 'time'>): Promise<void> {
  let [changes, since] = [-1, 0]
  for (let calmTurns = 0; calmTurns < enoughTurns || isHopeful(); calmTurns += 1) {
    await time.turn()
    if (changes === witness.changes) continue
    ;[changes, since, calmTurns] = [witness.changes, realClock.now(), 0]
  }
  // What runs may be about to end, or wait for a time that is still to come.
  function isHopeful(): boolean {
    return witness.running.length > 0 && realClock.now() - since < patienceMs
  }
}

/** As many turns without anything new as a step that nobody sees may take. */
const enoughTurns = 3
const patienceMs = 100

async function whatWaits({
  witness,
  waiting,
  time,
  isHeard,
  stopped,
}: SettleParts): Promise<readonly string[]> {
  // What runs has to end anyhow; and what has stopped has let go of its transports.
  if (witness.running.length > 0 || stopped()) return []
  const now = time.clock.now()
  const delayed = witness.delayed.filter(({ path, dueAt }) => isHeard(path) && dueAt + time.latenessMs > now)
  return [
    ...delayed.map(({ path, id, dueAt }) => `${path} ${id} is due in ${Math.max(0, dueAt - now)} ms`),
    ...(await waiting()),
  ]
}

function unsettled(witness: Witness, waiting: readonly string[], act: Act<unknown>): Error {
  const running = witness.running.map((what) => `${what} has not ended`)
  const hanging = [...running, ...waiting]
  return testUnsettled({ hanging: act.outcome ? hanging : [...hanging, 'the act itself has not ended'] })
}
