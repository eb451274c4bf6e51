import { entrantsOf } from '../entrants.ts'
import type { Measurement } from '../measurement.ts'
import { inRounds } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import { atRest } from './at-rest.ts'

const bytes = 100

/** What a caller's heap holds more while so many calls are not answered yet: the figure `heap`. */
export function heldHeap(stage: Stage, name: string): Promise<readonly Measurement[]> {
  const count = stage.plan.heldCalls
  const calling = atRest(stage).filter(({ calls }) => calls)
  const entrants = entrantsOf(stage, calling, async (subject, note) => {
    await using cast = await stage.calling(subject)
    // Whoever is halted answers nothing, whatever the library.
    cast.receiving.halt()
    note('heap', 'MB', await cast.sending.ask('hold', { count, bytes }), { inFlight: count })
  })
  return inRounds(stage, name, entrants, stage.plan.growthRounds)
}
