import type { Case } from '../case.ts'
import { inRounds, type Note } from '../rounds.ts'
import { callsPerSecond } from './calls-per-second.ts'

const bytes = 100

/** Calls that are answered by so many workers, and keep them busy or waiting: the figure `calls`, by the second. */
export const growthWorkers: Case = {
  name: 'growth-workers',
  title: 'More workers',
  run(stage) {
    const entrants = stage.plan.works.flatMap(({ name: work, does, inFlight }) =>
      stage.plan.workers.map((workers) => ({
        label: 'Lightbus',
        about: `${workers} workers, ${work}`,
        async play(note: Note) {
          const calls = { names: ['growth.shared'], load: { inFlight, bytes }, workers, work: does }
          note('calls', 'per second', await callsPerSecond(stage, calls), { work, workers })
        },
      })),
    )
    return inRounds(stage, growthWorkers.name, entrants, stage.plan.growthRounds)
  },
}
