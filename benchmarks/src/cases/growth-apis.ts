import type { Case } from '../case.ts'
import { inRounds } from '../rounds.ts'
import { callsPerSecond } from './calls-per-second.ts'

const load = { inFlight: 100, bytes: 100 }

/** Calls of a worker that serves so many APIs, all of which are called in turns: the figure `calls`, by the second. */
export const growthApis: Case = {
  name: 'growth-apis',
  title: 'More APIs in a worker',
  run: (stage) =>
    inRounds(
      stage,
      growthApis.name,
      stage.plan.apis.map((apis) => ({
        label: 'Lightbus',
        about: `${apis} APIs`,
        async play(note) {
          const names = Array.from({ length: apis }, (_, n) => `growth.served${n}`)
          note('calls', 'per second', await callsPerSecond(stage, { names, load }), { apis })
        },
      })),
      stage.plan.growthRounds,
    ),
}
