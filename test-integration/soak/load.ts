import { setTimeout as sleep } from 'node:timers/promises'
import { isBusError } from '@lightbus/core'
import { facts, listenerNames, moods, type Mood } from './soak-bus.ts'
import type { Stage } from './worker.ts'

const [intervalMs, discardEvery] = [20, 250]

/** Fires and calls at a steady pace, and discards dead letters now and then. */
export async function makeLoad({ bus, stopping, count }: Stage): Promise<void> {
  bus.serve(facts)
  for (const listenerName of listenerNames) bus.soak.facts.happened.listen(() => undefined, { listenerName })
  await bus.start({ features: ['rpcs'] })
  process.send?.('ready')
  const running = new Set<Promise<void>>()
  for (let turn = 0; !stopping.aborted; turn += 1) {
    const mood = moodOf(turn)
    for (const act of [fire(mood), call(mood), ...(turn % discardEvery === 0 ? [discard()] : [])]) {
      const tracked = act.finally(() => running.delete(tracked))
      running.add(tracked)
    }
    await sleep(intervalMs)
  }
  await Promise.all(running)
  await bus.stop()

  async function fire(mood: Mood): Promise<void> {
    await bus.soak.facts.happened.fire({ mood })
    count('fired')
  }

  async function call(mood: Mood): Promise<void> {
    await bus.soak.work.execute({ mood }).then(
      () => count('answered'),
      (error: unknown) => count(`failed with ${isBusError(error) ? error.code : String(error)}`),
    )
  }

  async function discard(): Promise<void> {
    for (const listenerName of listenerNames) await bus.deadLetters.discard(listenerName)
  }
}

// Of twenty messages one fails, one is slow and one hangs.
function moodOf(turn: number): Mood {
  return moods[[5, 10, 15].indexOf(turn % 20) + 1] ?? 'swift'
}
