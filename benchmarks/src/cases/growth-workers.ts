import type { Case } from '../case.ts'
import { inRounds } from '../rounds.ts'
import { callsPerSecond } from './calls-per-second.ts'

const bytes = 100
/** A worker executes a hundred calls at a time: of those that wait so long, two thousand by the second. */
const kinds = [
  { work: 'busy for 200 µs', does: { busyUs: 200 }, inFlight: 200 },
  { work: 'busy for 2 ms', does: { busyUs: 2_000 }, inFlight: 200 },
  { work: 'waiting for 50 ms', does: { waitMs: 50 }, inFlight: 800 },
]

/** Calls that are answered by so many workers, and keep them busy or waiting: the figure `calls`, by the second. */
export const growthWorkers: Case = {
  name: 'growth-workers',
  title: 'More workers',
  run: (stage) =>
    inRounds(
      stage,
      growthWorkers.name,
      kinds.flatMap(({ work, does, inFlight }) =>
        stage.plan.workers.map((workers) => ({
          label: 'Lightbus',
          about: `${workers} workers, ${work}`,
          async play(note) {
            const load = { inFlight, bytes }
            const calls = { names: ['growth.shared'], load, workers, work: does }
            note('calls', 'per second', await callsPerSecond(stage, calls), { work, workers })
          },
        })),
      ),
      stage.plan.growthRounds,
    ),
}
