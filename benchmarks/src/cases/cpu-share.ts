import type { Case } from '../case.ts'
import { median } from '../measurement.ts'
import type { BusWish } from '../processes/lightbus-actor.ts'
import { lightbusPerformer } from '../processes/performer.ts'
import { inRounds, type Note } from '../rounds.ts'
import type { Stage } from '../stage.ts'

const load = { inFlight: 100, bytes: 100 }

interface ShareParts extends Pick<Case, 'name' | 'title'> {
  /** The bus with what is looked at, and without it. */
  readonly whole: Partial<BusWish>
  readonly without: Partial<BusWish>
}

/**
 * What something takes of the CPU of a call, of both processes together: the figures `CPU` with it and `CPU without` it, and `share`. A caller
 * and a server of either kind take turns: differences of a few percent are looked for, and what changes on the machine changes for both.
 */
export function cpuShare({ name, title, whole, without }: ShareParts): Case {
  const play = async (stage: Stage, note: Note): Promise<void> => {
    await stage.redis.flushdb()
    await using more = await calling(stage, `${name}.whole`, whole)
    await using less = await calling(stage, `${name}.without`, without)
    const turns: { readonly more: number; readonly less: number }[] = []
    while (turns.length < stage.plan.turns)
      turns.push({
        more: await more.cpuOfCall(stage.plan.loadMs),
        less: await less.cpuOfCall(stage.plan.loadMs),
      })
    note('CPU', 'µs of CPU', median(turns.map((turn) => turn.more)))
    note('CPU without', 'µs of CPU', median(turns.map((turn) => turn.less)))
    note('share', '%', median(turns.map((turn) => (1 - turn.less / turn.more) * 100)))
  }
  return {
    name,
    title,
    run: (stage) => inRounds(stage, name, [{ label: 'Lightbus', play: (note) => play(stage, note) }]),
  }
}

/** A caller and a server that are not new any more. */
async function calling({ place, plan }: Stage, api: string, wish: Partial<BusWish>) {
  const [serving, caller] = [lightbusPerformer(), lightbusPerformer()]
  const bus = { place, names: [api], ...wish }
  await serving.ask('serve', bus)
  await caller.ask('connect', bus)
  await caller.ask('call', { ...load, ms: plan.newMs })
  return {
    async cpuOfCall(ms: number): Promise<number> {
      const before = await serving.ask('cpuUs')
      const { count, cpuUs } = await caller.ask('call', { ...load, ms })
      return cpuUs + ((await serving.ask('cpuUs')) - before) / count
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([serving, caller].map((performer) => performer[Symbol.asyncDispose]()))
    },
  }
}
