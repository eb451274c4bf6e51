import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { inRounds } from '../rounds.ts'
import { labelOf, subjects } from '../subjects.ts'
import { cpuOfCall } from './cpu-of-call.ts'
import { shareOf } from './cpu-share.ts'

const [checked, unchecked] = ['Lightbus (safety)', 'Lightbus (speed)']

/** What validation and casting take of the CPU of a call: the figures `CPU` of either, and `share`. */
export const validation: Case = {
  name: 'validation',
  title: 'What validation costs',
  async run(stage) {
    const either = subjects.filter((subject) => [checked, unchecked].includes(labelOf(subject)))
    const entrants = entrantsOf(stage, either, async (subject, note) => {
      await using cast = await stage.calling(subject)
      note('CPU', 'µs of CPU', await cpuOfCall(stage.plan, cast))
    })
    const found = await inRounds(stage, validation.name, entrants)
    return [...found, ...shareOf(found, checked, unchecked)]
  },
}
