import type { Actor } from '../processes/actor.ts'
import type { Performer } from '../processes/performer.ts'
import type { Plan } from '../plan.ts'

const load = { inFlight: 100, bytes: 100 }

type CallActor = Pick<Actor, 'call' | 'cpuUs'>

export interface Pair {
  readonly receiving: Performer<CallActor>
  readonly sending: Performer<CallActor>
}

/** CPU of both processes for one of many calls, in microseconds. */
export async function cpuOfCall({ newMs, loadMs }: Plan, { receiving, sending }: Pair): Promise<number> {
  await sending.ask('call', { ...load, ms: newMs })
  const before = await receiving.ask('cpuUs')
  // Differences of a few percent are looked for.
  const { count, cpuUs } = await sending.ask('call', { ...load, ms: 3 * loadMs })
  return cpuUs + ((await receiving.ask('cpuUs')) - before) / count
}
