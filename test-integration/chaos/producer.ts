import { setTimeout as sleep } from 'node:timers/promises'
import { isBusError } from '@lightbus/core'
import type { Stage } from './child.ts'
import { facts } from './chaos-bus.ts'
import { Random } from './random.ts'

const intervalMs = 50
const retryMs = 200
/** Longer than an event is attempted. */
const always = 99

/** Fires an event every now and then, each until the broker has said that it has it, also those of an uncertain fire. */
export async function fireEvents({ bus, ledger, processName, seed, stopping }: Stage): Promise<void> {
  const random = new Random(seed)
  const firing = new Set<Promise<void>>()
  bus.serve(facts)
  await bus.start()
  process.send?.('ready')
  for (let number = 1; !stopping.aborted; number += 1) {
    const fired = fireUntilAccepted(`${processName}-${number}`, parametersOf(random))
    firing.add(fired)
    void fired.finally(() => firing.delete(fired))
    await sleep(intervalMs)
  }
  await Promise.all(firing)
  await bus.stop()

  async function fireUntilAccepted(id: string, parameters: ReturnType<typeof parametersOf>): Promise<void> {
    ledger.write({ act: 'firing', event: id })
    for (;;) {
      const startedAt = performance.now()
      const tookMs = (): number => Math.round(performance.now() - startedAt)
      try {
        await bus.chaos.facts.happened.fire(parameters, { id })
        return ledger.write({ act: 'accepted', event: id, tookMs: tookMs() })
      } catch (error) {
        const code = isBusError(error) ? error.code : String(error)
        ledger.write({ act: 'unsure', event: id, code, tookMs: tookMs() })
        await sleep(retryMs)
      }
    }
  }
}

// Most are handled at once, some at the second or third attempt, some never; of the first some take longer than a lease.
function parametersOf(random: Random): { takesMs: number; failures: number } {
  const mood = random.fraction()
  const failures = mood < 0.02 ? always : mood < 0.1 ? random.between(1, 2) : 0
  const takesMs = failures === 0 && random.chance(0.01) ? 4_000 : random.between(0, 60)
  return { takesMs, failures }
}
