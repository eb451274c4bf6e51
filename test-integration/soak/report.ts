import { measures, type Trend } from './series.ts'

export interface ReportFacts {
  readonly minutes: number
  readonly redisVersion: string
  readonly done: Readonly<Record<string, number>>
  readonly trends: readonly Trend[]
  readonly image: string
}

/** The report as Markdown. */
export function report({ minutes, redisVersion, done, trends, image }: ReportFacts): string {
  const rows = trends.map(({ who, measure, early, late, isFlat }) =>
    row(measures[measure].title, who, shown(early), shown(late), isFlat ? 'yes' : '**no**'),
  )
  return [
    `# Soak: ${minutes} minutes on Redis ${redisVersion} and Node ${process.versions.node}`,
    '',
    'Events and calls at a steady pace; of twenty one fails, one is slow and one hangs until its time is over.',
    '',
    ...Object.entries(done).map(([what, count]) => `- ${count} ${what}`),
    '',
    row('measure', 'of', 'early', 'late', 'flat'),
    row('---', '---', '---', '---', '---'),
    ...rows,
    '',
    `![What was measured, over time](${image})`,
    '',
  ].join('\n')
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function shown(value: number): string {
  return String(Math.round(value * 10) / 10)
}
