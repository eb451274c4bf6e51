import type { Measurement } from '../measurement.ts'
import { markdownTable } from './markdown-table.ts'
import { inWords, times, unitSuffix } from './quantity.ts'
import { targets, type Target } from './targets.ts'
import { judge, type Verdict } from './verdict.ts'

/** How many targets were met, and each of them with what was measured and what became of it. */
export function targetsTable(measurements: readonly Measurement[]): readonly string[] {
  const judged = targets.map((target) => ({ target, verdict: judge(target, measurements) }))
  const limited = judged.filter(({ target }) => (target.atLeast ?? target.atMost) !== undefined)
  const count = (matches: (verdict: Verdict | undefined) => boolean): number =>
    limited.filter(({ verdict }) => matches(verdict)).length
  const [met, missed, absent] = [
    count((verdict) => verdict?.isMet === true),
    count((verdict) => verdict?.isMet === false),
    count((verdict) => verdict === undefined),
  ]
  const rest = absent > 0 ? `; ${absent} were not measured in this run` : ''
  return [
    `Of ${limited.length} targets ${met} are met and ${missed} are missed${rest}.`,
    markdownTable(
      ['Target', 'wanted', 'measured', 'Lightbus', 'beside', 'result'],
      judged.map(({ target, verdict }) => row(target, verdict)),
    ),
  ]
}

function row(target: Target, verdict: Verdict | undefined): readonly string[] {
  const { what, beside } = target
  const name = beside === undefined ? what : `${what}, beside ${beside}`
  if (!verdict) return [name, limitOf(target), '–', '–', '–', 'not measured in this run']
  const { our, other, value } = verdict
  const peer = other && beside !== undefined ? ` (${other.subject})` : ''
  return [
    name,
    limitOf(target, our),
    other ? times(value) : inWords(our),
    inWords(our),
    other ? `${inWords(other)}${peer}` : '',
    outcomeOf(verdict),
  ]
}

function limitOf({ atLeast, atMost, beside, from }: Target, our?: Measurement): string {
  const limit = atLeast ?? atMost
  if (limit === undefined) return ''
  const suffix = beside !== undefined || from ? '×' : our ? unitSuffix(our) : ''
  return `${atLeast === undefined ? '≤' : '≥'} ${limit}${suffix}`
}

function outcomeOf({ isMet, missedBy }: Verdict): string {
  if (isMet === undefined) return 'told'
  return isMet ? '**met**' : `**missed** by ${missedBy}`
}
