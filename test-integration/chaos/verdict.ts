import type { Fault } from './faults.ts'
import type { Sums } from './reconcile.ts'

/** What the run saw besides the ledgers. */
export interface Aftermath {
  /** Deliveries that the groups had not settled when the workers had been given time to. */
  readonly left: number
  /** Processes that ended without being told to. */
  readonly strays: readonly string[]
  /** Processes that did not end in time when told to. */
  readonly stuck: readonly string[]
  /** What went wrong, in the order in which it began. */
  readonly faults: readonly Fault[]
}

/** What the faults are called that a run is about. */
const faultNames: Readonly<Record<Fault['type'], string>> = {
  kill: 'workers killed',
  restart: 'workers restarted',
  freeze: 'workers paused',
  cut: 'connections cut',
  'kill-server': 'server killed, and back from disk',
  'shut-down-server': 'server shut down, and back from disk',
  'stall-server': 'server paused',
  'fail-over': 'primary killed, and replaced by a replica',
}

/** Everything that must not have happened, a sentence each; empty when the run was good. */
export function faultsFound(sums: Sums, { left, strays, stuck }: Aftermath): readonly string[] {
  return [
    ...problem(sums.lost, 'events were lost'),
    ...problem(sums.executedTwice, 'calls were executed twice'),
    ...problem(sums.unanswered, 'calls got neither an answer nor an error of the bus'),
    ...problem(strays, 'processes ended without being told to'),
    ...problem(stuck, 'processes did not end in time when told to'),
    ...(left === 0 ? [] : [`${left} deliveries were not settled in the end`]),
    ...(sums.fired === 0 || sums.answered === 0 ? ['nothing was fired, or nothing was answered'] : []),
  ]
}

/** The ledger, for people. */
export function table(sums: Sums, { faults }: Pick<Aftermath, 'faults'>): string {
  const refused = Object.entries(sums.refused).sort(([a], [b]) => a.localeCompare(b))
  const rows: readonly (readonly [string, number])[] = [
    ...Object.entries(faultNames).map(
      ([type, name]) => [name, faults.filter((fault) => fault.type === type).length] as const,
    ),
    ['events fired', sums.fired],
    ['  of which a fire was uncertain first', sums.unsureAtFirst],
    ['  never accepted (not counted as fired)', sums.neverAccepted],
    ['deliveries due, one for each group', sums.due],
    ['  handled at least once', sums.handled],
    ['  duplicated', sums.duplicated],
    ['  dead-lettered', sums.deadLettered],
    ['  lost', sums.lost.length],
    ['longest fire, ms', sums.longestFireMs],
    ['calls sent', sums.calls],
    ['  executed', sums.executed],
    ['  executed twice', sums.executedTwice.length],
    ['  answered', sums.answered],
    ...refused.map(([code, count]) => [`  failed with ${code}`, count] as const),
    ['  neither answered nor failed with a code', sums.unanswered.length],
    ['  executed though denied', sums.executedThoughDenied.length],
    ['longest call, ms', sums.longestCallMs],
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, count]) => `${label.padEnd(width)} ${String(count).padStart(8)}`).join('\n')
}

function problem(names: readonly string[], what: string): readonly string[] {
  if (names.length === 0) return []
  const shown = names.slice(0, 10).join(', ')
  return [`${names.length} ${what}: ${shown}${names.length > 10 ? ', …' : ''}`]
}
