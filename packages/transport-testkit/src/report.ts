import type { Conformance, Row } from './conformance.ts'
import { claimed, profiles } from './profiles.ts'

/** How many guarantees came out in which way. */
export function summary({ rows }: Conformance) {
  const count = (outcome: Row['outcome']) => rows.filter((row) => row.outcome === outcome).length
  const [passed, failed, absent, notRun] = [
    count('passed'),
    count('failed'),
    count('absent'),
    count('not run'),
  ]
  return { declared: rows.length - absent, passed, failed, absent, notRun }
}

/** The run as data, for programs. */
export function jsonReport(conformance: Conformance): string {
  const { transport, tier, seed, rows } = conformance
  const report = { transport, tier, seed, ...summary(conformance), profiles: claimed(conformance), rows }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

/** The run for people: what holds, what was not shown, and why. The same run gives the same text. */
export function markdownReport(conformance: Conformance): string {
  const { transport, tier, rows } = conformance
  const { declared, passed, failed, absent, notRun } = summary(conformance)
  const names = claimed(conformance)
  return [
    `# Conformance of the ${transport} transport`,
    `Of ${rows.length} guarantees ${declared} are declared: ${passed} passed, ${failed} failed` +
      `${notRun > 0 ? `, ${notRun} were not run in the tier \`${tier}\`` : ''}. ${absent} are declared absent.`,
    names.length === 0
      ? 'It may claim no profile.'
      : `Profiles:\n\n${names.map((name) => `- **${name}**: ${profiles[name].meaning}.`).join('\n')}`,
    ...section('Failed', rows, (row) => row.outcome === 'failed' && row.error.replaceAll('\n', '\n  ')),
    ...section(
      'Declared absent',
      rows,
      (row) => row.outcome === 'absent' && `needs ${row.missing.join(', ')}`,
    ),
    ...section('Not run', rows, (row) => row.outcome === 'not run' && 'of another tier, or not asked for'),
    ...section('Passed', rows, (row) => row.outcome === 'passed' && ''),
  ].join('\n\n')
}

function section(title: string, rows: readonly Row[], tell: (row: Row) => string | false): string[] {
  const lines = rows.flatMap((row) => {
    const told = tell(row)
    if (told === false) return []
    return [`- **${row.id}** ${row.property}${told === '' ? '' : `\n  ${told}`}`]
  })
  return lines.length === 0 ? [] : [`## ${title}`, `${lines.join('\n')}\n`.trimEnd()]
}
