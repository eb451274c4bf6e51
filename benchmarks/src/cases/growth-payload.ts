import type { Case } from '../case.ts'
import { inRounds } from '../rounds.ts'
import { callsPerSecond } from './calls-per-second.ts'

const inFlight = 100

/** Calls with so much in them, there and back: the figure `calls`, by the second. */
export const growthPayload: Case = {
  name: 'growth-payload',
  title: 'Larger payloads',
  run: (stage) =>
    inRounds(
      stage,
      growthPayload.name,
      stage.plan.payloads.map((bytes) => ({
        label: 'Lightbus',
        about: `${bytes} bytes`,
        async play(note) {
          const load = { inFlight, bytes }
          note('calls', 'per second', await callsPerSecond(stage, { names: ['growth.sized'], load }), {
            bytes,
          })
        },
      })),
      stage.plan.growthRounds,
    ),
}
