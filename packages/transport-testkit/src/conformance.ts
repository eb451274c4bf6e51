import { declaredBy, missing } from './declared.ts'
import { guaranteeIds, guarantees, type GuaranteeId } from './guarantees/all-guarantees.ts'
import { tiers, type Need } from './guarantees/guarantee.ts'
import { runCase, type RunParts } from './run-case.ts'

export interface ConformanceParts extends RunParts {
  /** Only these guarantees: all unless given. */
  readonly only?: readonly GuaranteeId[] | undefined
  /** How many cases run at a time: one unless given. Faults of a broker that others share concern them too. */
  readonly jobs?: number | undefined
  /** Ends the run at the first failure. */
  readonly bail?: boolean | undefined
  /** Told of each row as it is there. */
  readonly onRow?: ((row: Row) => void) | undefined
}

/** What a run of the kit has shown. */
export interface Conformance {
  readonly transport: string
  readonly tier: string
  readonly seed: number
  readonly rows: readonly Row[]
}

export type Row = {
  readonly id: GuaranteeId
  readonly property: string
} & (
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly error: string }
  /** The transport or its harness lacks what the case needs. */
  | { readonly outcome: 'absent'; readonly missing: readonly Need[] }
  /** Of a higher tier, or not asked for. */
  | { readonly outcome: 'not run' }
)

/** Runs the kit without a test runner: every case whose needs are declared, none skipped. */
export async function runConformance(parts: ConformanceParts): Promise<Conformance> {
  const { module, harness, tier, seed, onRow, jobs = 1 } = parts
  const declared = declaredBy(module, harness)
  const rows = new Map<GuaranteeId, Row>()
  const due: GuaranteeId[] = []
  for (const id of guaranteeIds) {
    const { property, tier: needed } = guarantees[id]
    const lacking = missing(guarantees[id], declared)
    const isAskedFor = (parts.only?.includes(id) ?? true) && tiers.indexOf(needed) <= tiers.indexOf(tier)
    if (lacking.length > 0) rows.set(id, { id, property, outcome: 'absent', missing: lacking })
    else if (isAskedFor) due.push(id)
    else rows.set(id, { id, property, outcome: 'not run' })
  }
  const work = async (): Promise<void> => {
    for (let id = due.shift(); id; id = due.shift()) {
      const row = await rowOf(id, parts)
      rows.set(id, row)
      onRow?.(row)
      if (parts.bail && row.outcome === 'failed') due.length = 0
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  const inOrder = guaranteeIds.map(
    (id): Row => rows.get(id) ?? { id, property: guarantees[id].property, outcome: 'not run' },
  )
  return { transport: module.name, tier, seed, rows: inOrder }
}

async function rowOf(id: GuaranteeId, parts: RunParts): Promise<Row> {
  const { property } = guarantees[id]
  try {
    await runCase(id, parts)
    return { id, property, outcome: 'passed' }
  } catch (error) {
    return { id, property, outcome: 'failed', error: textOf(error) }
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at .*(cases|stage)/.test(line))
  return [`${error.name}: ${error.message}`, ...frames.slice(0, 3)].join('\n')
}
