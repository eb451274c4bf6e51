import type { Case } from '../case.ts'
import { inRounds, type Note } from '../rounds.ts'
import { callsPerSecond } from './calls-per-second.ts'

const load = { inFlight: 100, bytes: 100 }
/** Calls of one API go together on their way, those of many do not. */
const ways = [
  { way: 'one of them called', most: 1 },
  { way: 'all called in turns', most: Infinity },
]

/** Calls of a worker that serves so many APIs: the figure `calls`, by the second. */
export const growthApis: Case = {
  name: 'growth-apis',
  title: 'More APIs in a worker',
  run(stage) {
    const entrants = ways.flatMap(({ way, most }) =>
      stage.plan.apis.map((apis) => ({
        label: 'Lightbus',
        about: `${apis} APIs, ${way}`,
        async play(note: Note) {
          const names = Array.from({ length: apis }, (_, n) => `growth.served${n}`)
          const calls = { names, called: names.slice(0, most), load }
          note('calls', 'per second', await callsPerSecond(stage, calls), { way, apis })
        },
      })),
    )
    return inRounds(stage, growthApis.name, entrants, stage.plan.growthRounds)
  },
}
