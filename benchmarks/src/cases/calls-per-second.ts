import type { Work } from '../processes/lightbus-actor.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import type { Stage } from '../stage.ts'
import type { Load } from '../subject.ts'

export interface GrowthCalls {
  /** Of the APIs. */
  readonly names: readonly string[]
  /** Those that are called, in turns: all of them unless given. */
  readonly called?: readonly string[]
  readonly load: Omit<Load, 'ms'>
  readonly workers?: number
  readonly work?: Work
}

/** Calls from one process of Lightbus, answered by one or more others. */
export async function callsPerSecond(
  { place, redis, plan }: Stage,
  { names, called = names, load, workers = 1, work = {} }: GrowthCalls,
): Promise<number> {
  await redis.flushdb()
  await using caller = lightbusPerformer()
  const serving = Array.from({ length: workers }, lightbusPerformer)
  try {
    await Promise.all(serving.map((worker) => worker.ask('serve', { place, names, work })))
    await caller.ask('connect', { place, names: called })
    await caller.ask('callEach', load.bytes)
    await caller.ask('call', { ...load, ms: plan.newMs })
    const { count, ms } = await caller.ask('call', { ...load, ms: plan.loadMs })
    return count / (ms / 1_000)
  } finally {
    await Promise.all(serving.map((worker) => worker[Symbol.asyncDispose]()))
  }
}
