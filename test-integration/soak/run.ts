import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Member } from './crew.ts'
import { plot } from './plot.ts'
import { report } from './report.ts'
import { trendsOf, type Point } from './series.ts'

export interface RunRequest {
  readonly minutes: number
  /** Where the report and its image are written. */
  readonly folder: string
  readonly say: (line: string) => void
}

const MB = 1_024 ** 2
const servers = new URL('../../scripts/redis-servers.mjs', import.meta.url).href

interface Servers {
  startServer(name: string): Promise<{ readonly url: string; stop(): Promise<void> }>
}

/** Loads a worker for so long, watches what its processes and its Redis hold, and writes a report. Whether all of it stayed flat. */
export async function soak({ minutes, folder, say }: RunRequest): Promise<boolean> {
  const { startServer } = (await import(servers)) as Servers
  const server = await startServer('distribution')
  const redis = new Redis(server.url)
  try {
    const members = [
      new Member({ role: 'worker', url: server.url }),
      new Member({ role: 'load', url: server.url }),
    ]
    for (const member of members) await member.ready()
    const { points, done } = await watch(members, redis, minutes)
    for (const member of members.reverse()) await member.stop()
    const trends = trendsOf(points)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'soak.svg'), await plot(points))
    const redisVersion = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
    const text = report({ minutes, redisVersion, done, trends, image: 'soak.svg' })
    await writeFile(join(folder, 'soak.md'), text)
    say(text)
    return trends.every(({ isFlat }) => isFlat)
  } finally {
    redis.disconnect()
    await server.stop()
  }
}

async function watch(members: readonly Member[], redis: Redis, minutes: number) {
  const points: Point[] = []
  const done: Record<string, number> = {}
  const [began, everyMs] = [performance.now(), Math.max(500, minutes * 300)]
  for (let seconds = 0; seconds < minutes * 60; seconds = (performance.now() - began) / 1_000) {
    const add = (who: string, values: Partial<Record<Point['measure'], number>>): void => {
      for (const [measure, value] of Object.entries(values))
        points.push({ seconds, who, measure: measure as Point['measure'], value })
    }
    for (const member of members) {
      const { done: soFar, heap, ...counts } = await member.sample()
      Object.assign(done, soFar)
      add(member.role, { heap: heap / MB, ...counts })
    }
    const memory = /used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]
    add('Redis', { keys: await redis.dbsize(), redisMemory: Number(memory) / MB })
    await sleep(everyMs)
  }
  return { points, done }
}
