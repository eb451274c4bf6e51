import type { TransportModule } from '@lightbus/core/transport'
import { allCases } from './cases/all-cases.ts'
import type { GuaranteeId } from './guarantees/all-guarantees.ts'
import type { Tier } from './guarantees/guarantee.ts'
import type { Harness } from './harness.ts'
import { Stage } from './stage.ts'

export interface RunParts {
  readonly module: TransportModule
  readonly harness: Harness
  readonly tier: Tier
  /** Whoever is chosen at random is chosen by it. */
  readonly seed: number
}

const usualPatienceMs = 10_000
const soakRounds = 20

/** Plays the case of a guarantee on a stage of its own, and rejects when it fails, takes too long or leaves something behind. */
export async function runCase(id: GuaranteeId, { module, harness, tier, seed }: RunParts): Promise<void> {
  const rounds = tier === 'soak' ? soakRounds : 1
  const stage = new Stage({ module, harness, seed, rounds })
  const patienceMs = (harness.patienceMs ?? usualPatienceMs) * rounds
  let failure: { readonly error: unknown } | undefined
  try {
    await inTime(allCases[id](stage), patienceMs, `The case was not over after ${patienceMs} ms.`)
  } catch (error) {
    failure = { error }
  }
  try {
    await inTime(stage.close(), patienceMs, `What the case had begun did not end within ${patienceMs} ms.`)
  } catch (error) {
    // What went wrong first is the cause of what followed.
    failure ??= { error }
  } finally {
    stage.endTime()
  }
  if (failure) throw failure.error
}

async function inTime(act: Promise<void>, ms: number, otherwise: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms)
  })
  try {
    await Promise.race([act, late])
  } finally {
    clearTimeout(timer)
  }
}
