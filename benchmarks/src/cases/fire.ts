import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { isPython } from '../is-python.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import type { Subject, Yield } from '../subject.ts'
import { listening } from './listening.ts'

const inFlight = [1, 100]
const sizes = [100, 1_000]
const batch = 100
const concurrency = 100

/** Events that are fired until the broker has them: the figure `fired`, by the second. */
export const fire: Case = {
  name: 'fire',
  title: 'Firing events',
  run(stage) {
    const firing = listening(stage.subjects).filter((one) => !isPython(one))
    const entrants = entrantsOf(stage, firing, (subject, note) => measure(stage, subject, note))
    return inRounds(stage, fire.name, entrants)
  },
}

async function measure(stage: Stage, subject: Subject, note: Note): Promise<void> {
  const { newMs, warmUpMs, loadMs } = stage.plan
  // Without a listener, what does not keep events would send them nowhere.
  await using cast = await stage.firing(subject, subject.events?.isDurable ? undefined : concurrency)
  await cast.sending.ask('fire', { inFlight: 100, bytes: 100, ms: newMs })
  for (const bytes of sizes) {
    for (const setting of inFlight.map((calls) => ({ inFlight: calls, bytes }))) {
      await cast.sending.ask('fire', { ...setting, ms: warmUpMs })
      const came = await cast.sending.ask('fire', { ...setting, ms: loadMs })
      note('fired', 'per second', perSecond(came), setting)
    }
    if (subject.name !== 'BullMQ') continue
    const bulks = { inFlight: 1, batch, bytes }
    await cast.sending.ask('fireBulks', { ...bulks, ms: warmUpMs })
    const came = await cast.sending.ask('fireBulks', { ...bulks, ms: loadMs })
    note('fired', 'per second', batch * perSecond(came), bulks)
  }
}

function perSecond({ count, ms }: Yield): number {
  return count / (ms / 1_000)
}
