import type { Case } from '../case.ts'
import { groupOf, streamOf } from '../processes/lightbus-bus.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import { inRounds } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import { againstFirst } from './against-first.ts'

const subject = 'Lightbus'
const concurrency = 10
const bytes = 100

/** What a handled event costs a worker that has so many listeners, each of an API of its own: the figures `time` and `ratio` to one listener. */
export const growthListeners: Case = {
  name: 'growth-listeners',
  title: 'More listeners in a worker',
  async run(stage) {
    const found = await inRounds(
      stage,
      growthListeners.name,
      stage.plan.listeners.map((listeners) => ({
        label: subject,
        about: `${listeners} listeners`,
        async play(note) {
          note('time', 'µs', await usPerEvent(stage, listeners), { listeners })
        },
      })),
      stage.plan.growthRounds,
    )
    return [...found, ...againstFirst(found)]
  },
}

/** Of events of one of the APIs that wait when the worker starts. */
async function usPerEvent({ place, redis, plan }: Stage, listeners: number): Promise<number> {
  await redis.flushdb()
  const names = Array.from({ length: listeners }, (_, n) => `growth.heard${n}`)
  const name = names[0] ?? ''
  const count = plan.growthEvents
  await using firer = lightbusPerformer()
  await using worker = lightbusPerformer()
  await firer.ask('connect', { place, names: [name] })
  await redis.xgroup('CREATE', streamOf(name), groupOf(0), '0', 'MKSTREAM')
  await firer.ask('fireCount', { name, count, bytes })
  await worker.ask('listen', { place, names, concurrency })
  const { ms } = await worker.ask('reached', count)
  return (ms * 1_000) / (count - 1)
}
