import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis-6'
import { entrantsOf } from '../entrants.ts'
import type { Measurement } from '../measurement.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import type { Subject } from '../subject.ts'
import { atRest } from './at-rest.ts'

const concurrency = 10

/**
 * What a process asks of Redis that serves and listens while nothing happens: the figures `commands`, by the second, and
 * `connections`.
 */
export function idleCommands(stage: Stage, name: string): Promise<readonly Measurement[]> {
  const entrants = entrantsOf(stage, atRest(stage), (subject, note) => measure(stage, subject, note))
  return inRounds(stage, name, entrants, 1)
}

async function measure(stage: Stage, subject: Subject, note: Note): Promise<void> {
  const { redis, place, plan } = stage
  const before = await connections(redis)
  await using cast = await stage.cast(subject)
  await cast.receiving.ask('beService', { place, concurrency })
  await pause(plan.calmMs)
  note('connections', 'connections', (await connections(redis)) - before)
  note('commands', 'commands per second', (await commandsWithin(redis, plan.idleMs)) / (plan.idleMs / 1_000))
}

async function connections(redis: Redis): Promise<number> {
  const list = (await redis.client('LIST')) as string
  return list.trim().split('\n').length
}

/** As they are sent: what scripts do at the server is its own. */
async function commandsWithin(redis: Redis, ms: number): Promise<number> {
  const monitor = await redis.monitor()
  let count = 0
  monitor.on('monitor', (_time: string, _words: string[], from: string) => {
    if (from !== 'lua') count += 1
  })
  await pause(ms)
  monitor.disconnect()
  return count
}
