import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import type { Subject } from '../subject.ts'

const load = { inFlight: 1, bytes: 100 }

/** How long a call takes that nothing else holds up: the figures `p50` and `p99`. */
export const rpcLatency: Case = {
  name: 'rpc-latency',
  title: 'One call after the other',
  run(stage) {
    const calling = stage.subjects.filter(({ calls }) => calls)
    const entrants = entrantsOf(stage, calling, (subject, note) => measure(stage, subject, note))
    return inRounds(stage, rpcLatency.name, entrants)
  },
}

async function measure(stage: Stage, subject: Subject, note: Note): Promise<void> {
  await using cast = await stage.calling(subject)
  // What is compiled by many calls at a time is not yet what one at a time needs.
  await cast.sending.ask('call', { ...load, ms: stage.plan.newMs })
  const { p50, p99 } = await cast.sending.ask('call', { ...load, ms: stage.plan.loadMs })
  note('p50', 'ms', p50, load)
  note('p99', 'ms', p99, load)
}
