import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './child.ts'
import { groups, work } from './chaos-bus.ts'

const concurrency = 5

/** Handles the events of every group and executes calls, as each of them says it wants to be treated. */
export async function doWork({ bus, ledger, stopping }: Stage): Promise<void> {
  bus.serve(work, {
    execute: async ({ number, takesMs, fails }) => {
      ledger.write({ act: 'executing', call: number })
      await sleep(takesMs)
      if (fails) throw new Error('This call is to fail.')
      ledger.write({ act: 'executed', call: number })
      return number
    },
  })
  for (const group of groups)
    bus.chaos.facts.happened.listen(
      async ({ takesMs, failures }, { message, attempt }) => {
        const entry = { event: message.id, group, attempt }
        ledger.write({ act: 'handling', ...entry })
        await sleep(takesMs)
        ledger.write({ act: attempt <= failures ? 'failed' : 'handled', ...entry })
        if (attempt <= failures) throw new Error('This event is to fail.')
      },
      { listenerName: group, concurrency, since: 'beginning' },
    )
  const stopped = stopping.aborted ? Promise.resolve() : once(stopping, 'abort')
  await Promise.race([bus.start().then(() => process.send?.('ready')), stopped])
  await Promise.race([bus.finished.then(refuse), stopped])
  await bus.stop()
}

// A worker stops by itself only when it cannot go on, which no fault of the run is a reason for.
function refuse(failure: unknown): never {
  throw failure ?? new Error('The worker has stopped by itself.')
}
