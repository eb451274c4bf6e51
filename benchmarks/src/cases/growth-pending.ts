import type { Redis } from 'ioredis-6'
import type { Case } from '../case.ts'
import { groupOf, streamOf } from '../processes/lightbus-bus.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import { inRounds } from '../rounds.ts'
import type { Stage } from '../stage.ts'

const concurrency = 10
const bytes = 100
const batch = 1_000
// The holder is alive for as long as the case takes, and nothing that it holds is trimmed.
const options = { acknowledgement_timeout: '1h', max_unfinished_length: 100_000_000 }

/** Events that are handled beside so many that another process of the group holds: the figure `handled`, by the second. */
export const growthPending: Case = {
  name: 'growth-pending',
  title: 'More unfinished events in the stream',
  async run(stage) {
    const { redis, plan } = stage
    await redis.flushdb()
    const sizes = plan.pending.map((pending) => ({ pending, name: `growth.pending${pending}` }))
    for (const { pending, name } of sizes) {
      stage.say(`${growthPending.name}: sets up ${pending} pending`)
      await holdPending(stage, name, pending)
    }
    const found = await inRounds(
      stage,
      growthPending.name,
      sizes.map(({ pending, name }) => ({
        label: 'Lightbus',
        about: `${pending} pending`,
        async play(note) {
          note('handled', 'per second', await handledPerSecond(stage, name), { pending })
        },
      })),
      plan.growthRounds,
    )
    await redis.flushdb()
    return found
  },
}

async function handledPerSecond({ place, plan }: Stage, name: string): Promise<number> {
  const bus = { place, names: [name], options }
  const count = plan.growthEvents
  await using firer = lightbusPerformer()
  await using worker = lightbusPerformer()
  await firer.ask('connect', bus)
  await firer.ask('fireCount', { name, count, bytes })
  await worker.ask('listen', { ...bus, concurrency })
  const { ms } = await worker.ask('reached', count)
  return (count - 1) / (ms / 1_000)
}

/** Lets another process of the group hold so many, which it was given and says nothing of. */
async function holdPending({ place, redis }: Stage, name: string, count: number): Promise<void> {
  const stream = streamOf(name)
  await redis.xgroup('CREATE', stream, groupOf(0), '0', 'MKSTREAM')
  if (count === 0) return
  await using firer = lightbusPerformer()
  await firer.ask('connect', { place, names: [name], options })
  await firer.ask('fireCount', { name, count: 1, bytes })
  await multiply(redis, stream, count - 1)
  for (let held = 0; held < count; held += batch)
    await redis.xreadgroup('GROUP', groupOf(0), 'holder', 'COUNT', batch, 'STREAMS', stream, '>')
}

/** Copies the newest entry of the stream so many times. */
async function multiply(redis: Redis, stream: string, count: number): Promise<void> {
  const [[, fields] = ['', []]] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1)
  for (let left = count; left > 0; left -= batch) {
    const pipeline = redis.pipeline()
    for (let n = Math.min(left, batch); n > 0; n -= 1) pipeline.xadd(stream, '*', ...fields)
    await pipeline.exec()
  }
}
