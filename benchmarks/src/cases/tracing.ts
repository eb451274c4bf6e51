import type { Case } from '../case.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import { inRounds } from '../rounds.ts'
import { cpuOfCall } from './cpu-of-call.ts'
import { shareOf } from './cpu-share.ts'

const [traced, plain] = ['Lightbus, traced', 'Lightbus']

/** What spans around the verbs take of the CPU of a call, without an SDK: the figures `CPU` with and without, and `share`. */
export const tracing: Case = {
  name: 'tracing',
  title: 'What tracing costs',
  async run(stage) {
    const found = await inRounds(
      stage,
      tracing.name,
      [traced, plain].map((label) => ({
        label,
        async play(note) {
          await stage.redis.flushdb()
          const bus = { place: stage.place, names: ['traced'], isTraced: label === traced }
          await using receiving = lightbusPerformer()
          await using sending = lightbusPerformer()
          await receiving.ask('serve', bus)
          await sending.ask('connect', bus)
          note('CPU', 'µs of CPU', await cpuOfCall(stage.plan, { receiving, sending }))
        },
      })),
    )
    return [...found, ...shareOf(found, traced, plain)]
  },
}
