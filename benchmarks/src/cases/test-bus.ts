import type { Case } from '../case.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import { inRounds } from '../rounds.ts'

/** What a service's tests wait for: the figures `test`, of a bus that is set up, called once and taken down, and `handled`. */
export const testBus: Case = {
  name: 'test-bus',
  title: 'The bus of a test',
  run: (stage) =>
    inRounds(stage, testBus.name, [
      {
        label: 'Lightbus, testBus',
        async play(note) {
          await using performer = lightbusPerformer()
          const { newMs, loadMs } = stage.plan
          await performer.ask('testBusMs', newMs)
          note('test', 'ms', await performer.ask('testBusMs', loadMs))
          await performer.ask('testBusEvents', newMs)
          note('handled', 'per second', await performer.ask('testBusEvents', loadMs))
        },
      },
    ]),
}
