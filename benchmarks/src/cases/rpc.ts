import type { Case } from '../case.ts'
import { entrantsOf } from '../entrants.ts'
import { isPython } from '../is-python.ts'
import type { Plan } from '../plan.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Cast, Stage } from '../stage.ts'
import type { Load, Subject } from '../subject.ts'

type Setting = Omit<Load, 'ms'>

const bytes = 100
const usual = 100
/** What would take seconds with more. */
const most: Readonly<Record<string, number>> = { BullMQ: 500, 'Python Lightbus': 100 }

/** Calls with so many of them under way: the figures `calls` by the second, and `CPU` of both processes for each. */
export const rpc: Case = {
  name: 'rpc',
  title: 'Calls, many at a time',
  run(stage) {
    const calling = stage.subjects.filter(({ calls }) => calls)
    const entrants = entrantsOf(stage, calling, async (subject, note) => {
      await using cast = await stage.calling(subject)
      for (const setting of settingsOf(stage.plan, subject)) await measure(stage, cast, setting, note)
    })
    return inRounds(stage, rpc.name, entrants)
  },
}

function settingsOf({ inFlight, callBytes }: Plan, subject: Subject): readonly Setting[] {
  const limit = most[subject.name] ?? Infinity
  const small = inFlight.filter((calls) => calls <= limit).map((calls) => ({ inFlight: calls, bytes }))
  return isPython(subject)
    ? small
    : [...small, ...callBytes.map((size) => ({ inFlight: usual, bytes: size }))]
}

async function measure({ plan }: Stage, cast: Cast, setting: Setting, note: Note): Promise<void> {
  const { receiving, sending } = cast
  await sending.ask('call', { ...setting, ms: plan.warmUpMs })
  const before = await receiving.ask('cpuUs')
  const { count, ms, cpuUs } = await sending.ask('call', { ...setting, ms: plan.loadMs })
  const serverUs = (await receiving.ask('cpuUs')) - before
  note('calls', 'per second', count / (ms / 1_000), setting)
  // Python's server is a process beyond the one that is asked.
  if (isPython(cast.subject)) return
  // Of a subject without a broker both are one process.
  note('CPU', 'µs of CPU', cpuUs + (receiving === sending ? 0 : serverUs / count), setting)
}
