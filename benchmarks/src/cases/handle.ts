import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { isPython } from '../is-python.ts'
import type { HandledSoFar } from '../processes/handled-count.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Cast, Stage } from '../stage.ts'
import type { Subject } from '../subject.ts'
import { labelOf } from '../subjects.ts'
import { listening } from './listening.ts'

const bytes = 100
const fewest = 200
const most = 50_000

/** By the second, of a subject with a concurrency, as far as that was measured. */
type Rates = Map<string, number>

/**
 * Events that are handled: the figure `handled`, by the second. Where events wait for their handler they do (`backlog`) and are acknowledged;
 * where they do not, they are handled while they are fired as fast as it goes (`live`).
 */
export const handle: Case = {
  name: 'handle',
  title: 'Handling events',
  run(stage) {
    const rates: Rates = new Map()
    const entrants = entrantsOf(stage, listening(stage.subjects), (subject, note) =>
      subject.events?.isDurable ? backlogs(stage, subject, rates, note) : live(stage, subject, note),
    )
    return inRounds(stage, handle.name, entrants)
  },
}

async function backlogs(stage: Stage, subject: Subject, rates: Rates, note: Note): Promise<void> {
  const { plan } = stage
  await using cast = await stage.firing(subject)
  await hearOne(stage, cast)
  const concurrencies = isPython(subject) ? plan.concurrencies.slice(0, 1) : plan.concurrencies
  const handled = (concurrency: number, count: number) => handleBacklog(stage, cast, concurrency, count)
  const first = concurrencies[0] ?? 1
  await handled(first, countFor(await handled(first, plan.newEvents), plan.newMs))
  for (const concurrency of concurrencies) {
    const key = `${labelOf(subject)} ${concurrency}`
    const known = rates.get(key) ?? (await handled(concurrency, plan.triedEvents))
    const rate = await handled(concurrency, countFor(known, plan.backlogMs))
    rates.set(key, rate)
    note('handled', 'per second', rate, { mode: 'backlog', concurrency })
  }
}

/** How many events are handled in so many milliseconds. */
function countFor(rate: number, ms: number): number {
  return Math.min(most, Math.max(fewest, Math.round((rate * ms) / 1_000)))
}

/** What is there when somebody listens for the first time is not for them; and in memory all is gone while nobody has ever fired. */
async function hearOne({ place }: Stage, { receiving, sending }: Cast): Promise<void> {
  await receiving.ask('listen', { place, concurrency: 1 })
  await sending.ask('fireCount', { count: 1, bytes })
  await receiving.ask('reached', 1)
  await receiving.ask('unlisten')
}

/** Lets so many events wait for their handler, and says how many it handled by the second. */
async function handleBacklog(
  { place }: Stage,
  { receiving, sending }: Cast,
  concurrency: number,
  count: number,
): Promise<number> {
  await sending.ask('fireCount', { count, bytes })
  await receiving.ask('listen', { place, concurrency })
  const handled = await receiving.ask('reached', count)
  await receiving.ask('unlisten')
  return perSecond(handled)
}

async function live(stage: Stage, subject: Subject, note: Note): Promise<void> {
  const { newMs, backlogMs } = stage.plan
  const load = { inFlight: 100, bytes }
  await using cast = await stage.firing(subject, load.inFlight)
  await cast.sending.ask('fire', { ...load, ms: newMs })
  await cast.receiving.ask('reset')
  await cast.sending.ask('fire', { ...load, ms: backlogMs })
  note('handled', 'per second', perSecond(await cast.receiving.ask('soFar')), { mode: 'live' })
}

function perSecond({ count, ms }: HandledSoFar): number {
  return (count - 1) / (ms / 1_000)
}
