import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { percentile } from '../percentile.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Cast, Stage } from '../stage.ts'
import type { Subject } from '../subject.ts'
import { listening } from './listening.ts'

const bytes = 100
const concurrency = 10

/** From just before an event is fired until its handler has it, one event after the other: the figures `p50` and `p99`. */
export const eventLatency: Case = {
  name: 'event-latency',
  title: 'From fire to handler',
  run(stage) {
    const entrants = entrantsOf(stage, listening(stage.subjects), (subject, note) =>
      measure(stage, subject, note),
    )
    return inRounds(stage, eventLatency.name, entrants)
  },
}

async function measure(stage: Stage, subject: Subject, note: Note): Promise<void> {
  await using cast = await stage.firing(subject, concurrency)
  await fireInTurns(cast, stage.plan.newMs)
  const ages = await fireInTurns(cast, stage.plan.loadMs)
  note('p50', 'ms', percentile(ages, 0.5), { bytes })
  note('p99', 'ms', percentile(ages, 0.99), { bytes })
}

async function fireInTurns({ receiving, sending }: Cast, forMs: number): Promise<readonly number[]> {
  await receiving.ask('reset')
  const endsAt = performance.now() + forMs
  for (let count = 1; performance.now() < endsAt; count += 1)
    await Promise.all([receiving.ask('reached', count), sending.ask('fireStamped', bytes)])
  return receiving.ask('ages')
}
