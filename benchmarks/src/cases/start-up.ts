import { entrantsOf } from '../entrants.ts'
import type { Measurement } from '../measurement.ts'
import { oneOfEach } from '../one-of-each.ts'
import { subjectPerformer } from '../processes/performer.ts'
import { inRounds } from '../rounds.ts'
import type { Stage } from '../stage.ts'

/** From the fork of a process until it is ready to serve, modules loaded: the figure `start-up`. */
export function startUp(stage: Stage, name: string): Promise<readonly Measurement[]> {
  const serving = oneOfEach(stage.subjects.filter(({ calls }) => calls))
  const entrants = entrantsOf(stage, serving, async (subject, note) => {
    await stage.redis.flushdb()
    const beganAt = performance.now()
    await using server = subjectPerformer(subject)
    await server.ask('serve', stage.place)
    note('start-up', 'ms', performance.now() - beganAt)
  })
  return inRounds(stage, name, entrants)
}
