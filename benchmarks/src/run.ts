import { Redis } from 'ioredis-6'
import type { Case } from './case.ts'
import { describeMachine } from './machine.ts'
import type { Measurement, Results } from './measurement.ts'
import { comparedPackages } from './packages.ts'
import type { Plan } from './plan.ts'
import { privateRedis } from './private-redis.ts'
import { Stage } from './stage.ts'
import type { Subject } from './subject.ts'

export interface RunParts {
  readonly cases: readonly Case[]
  readonly subjects: readonly Subject[]
  readonly plan: Plan
  readonly say: (line: string) => void
}

/** Measures one case after the other. What fails is told, and is missing in what comes of it. */
export async function run({ cases, subjects, plan, say }: RunParts): Promise<Results> {
  const server = await privateRedis()
  say(`Redis: ${server.how}`)
  const redis = new Redis(server.url)
  try {
    const stage = new Stage({ place: { url: server.url }, redis, plan, subjects, say })
    const machine = await describeMachine(redis)
    const packages = await comparedPackages(subjects)
    const measurements: Measurement[] = []
    for (const each of cases) {
      say(`${each.name}: ${each.title}`)
      measurements.push(...(await measured(each, stage)))
    }
    return { machine, packages, measurements }
  } finally {
    redis.disconnect()
    await server.stop()
  }
}

async function measured(each: Case, stage: Stage): Promise<readonly Measurement[]> {
  try {
    return await each.run(stage)
  } catch (error) {
    stage.say(`FAILED: ${each.name}: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}
