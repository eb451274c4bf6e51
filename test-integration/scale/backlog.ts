import type { Redis } from 'ioredis'
import { eventOf, group, streamOf, transportFor, type Place } from './scale-bus.ts'

const batch = 1_000

/** Another process of the group, which was given entries and says nothing of them. */
export const holder = 'holder'

/** Lets that process hold so many events of the API's stream, whose group begins with them. */
export async function holdPending(redis: Redis, place: Place, apiName: string, count: number): Promise<void> {
  const stream = streamOf(apiName)
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM')
  if (count === 0) return
  await sendOne(place, apiName)
  await multiply(redis, stream, count - 1)
  for (let held = 0; held < count; held += batch)
    await redis.xreadgroup('GROUP', group, holder, 'COUNT', batch, 'STREAMS', stream, '>')
}

/** Copies the newest entry of the stream so many times. */
export async function multiply(redis: Redis, stream: string, count: number): Promise<void> {
  const [[, fields] = ['', []]] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1)
  await inBulk(redis, count, (pipeline) => pipeline.xadd(stream, '*', ...fields))
}

/** As the transport writes it. */
async function sendOne(place: Place, apiName: string): Promise<void> {
  const sender = transportFor(place)
  await sender.open()
  await sender.send(eventOf(apiName))
  await sender.close()
}

async function inBulk(
  redis: Redis,
  count: number,
  add: (pipeline: ReturnType<Redis['pipeline']>) => unknown,
): Promise<void> {
  for (let added = 0; added < count; added += batch) {
    const pipeline = redis.pipeline()
    for (let n = added; n < Math.min(count, added + batch); n += 1) add(pipeline)
    await pipeline.exec()
  }
}
