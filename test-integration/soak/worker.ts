import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenerNames, work, type Mood, type SoakBus } from './soak-bus.ts'

/** What a role is given. */
export interface Stage {
  readonly bus: SoakBus
  readonly stopping: AbortSignal
  readonly count: (what: string) => void
}

const slowMs = 200

/** Handles what comes as it says it wants to be treated. */
export async function doWork({ bus, stopping, count }: Stage): Promise<void> {
  bus.serve(work, {
    execute: async ({ mood }, { signal }) => {
      count('executed')
      await treat(mood, signal)
      return mood
    },
  })
  for (const listenerName of listenerNames)
    bus.soak.facts.happened.listen(
      async ({ mood }, { signal }) => {
        count('handled')
        await treat(mood, signal)
      },
      { listenerName, concurrency: 10, idempotent: listenerName === 'billing' && '10s' },
    )
  await bus.start()
  process.send?.('ready')
  if (!stopping.aborted) await once(stopping, 'abort')
  await bus.stop()
}

async function treat(mood: Mood, signal: AbortSignal): Promise<void> {
  if (mood === 'failing') throw new Error('This is to fail.')
  if (mood === 'slow') await sleep(slowMs)
  // Until the caller's time is over; an event, which has no deadline, for as long as a call would.
  if (mood === 'hanging') await sleep(1_500, undefined, { signal })
}
