import { setTimeout as sleep } from 'node:timers/promises'
import { isBusError } from '@lightbus/core'
import type { Stage } from './child.ts'
import { callTimeoutMs } from './chaos-bus.ts'
import { Random } from './random.ts'

const intervalMs = 100
const retryMs = 300
const mostTries = 4

interface Question {
  readonly number: string
  readonly takesMs: number
  readonly fails: boolean
  /** Whether it has an idempotency key, and so may be asked again. */
  readonly isRepeatable: boolean
}

/** Calls every now and then. A call with an idempotency key is repeated when it fails; it counts as one all the same. */
export async function sendCalls({ bus, ledger, processName, seed, stopping }: Stage): Promise<void> {
  const random = new Random(seed)
  const calling = new Set<Promise<void>>()
  await bus.start()
  process.send?.('ready')
  for (let number = 1; !stopping.aborted; number += 1) {
    const called = settle(questionOf(`${processName}-${number}`, random))
    calling.add(called)
    void called.finally(() => calling.delete(called))
    await sleep(intervalMs)
  }
  await Promise.all(calling)
  await bus.stop()

  async function settle(question: Question): Promise<void> {
    const { number: call, isRepeatable } = question
    ledger.write({ act: 'calling', call })
    for (let triesLeft = isRepeatable ? mostTries : 1; ; triesLeft -= 1) {
      const startedAt = performance.now()
      const tookMs = (): number => Math.round(performance.now() - startedAt)
      try {
        await ask(question)
        return ledger.write({ act: 'answered', call, tookMs: tookMs() })
      } catch (error) {
        const code = isBusError(error) ? error.code : undefined
        if (triesLeft === 1)
          return ledger.write({ act: 'refused', call, code, why: String(error), tookMs: tookMs() })
        await sleep(retryMs)
      }
    }
  }

  async function ask({ isRepeatable, ...parameters }: Question): Promise<void> {
    const { number } = parameters
    const answer = await bus.chaos.work.execute(parameters, isRepeatable ? { idempotencyKey: number } : {})
    if (answer !== number) throw new Error(`The call ${number} got the answer of ${answer}.`)
  }
}

// Some take longer than their caller waits, some fail; those that may be repeated do neither.
function questionOf(number: string, random: Random): Question {
  const isRepeatable = random.chance(0.2)
  const fails = random.chance(0.05) && !isRepeatable
  const isLate = random.chance(0.02) && !isRepeatable
  return { number, isRepeatable, fails, takesMs: isLate ? callTimeoutMs + 500 : random.between(0, 80) }
}
