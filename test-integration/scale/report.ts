import { arch, cpus, totalmem } from 'node:os'
import type { Row, Section } from './figures.ts'

/** What the sizes of a section are sizes of, and its figures. */
export interface Chapter {
  readonly title: string
  readonly about: string
  readonly section: Section
}

/** The run in Markdown: what it is, its tables, and what each row says. */
export function markdown(chapters: readonly Chapter[], server: string): string {
  const gigabytes = Math.round(totalmem() / 1_000_000_000)
  const parts = [
    '# Redis at scale',
    '```sh\nnpm run scale -- --report docs/redis-scale.md\n```',
    'wrote this page. It starts a Redis of its own, measures each figure at several sizes in one run, and ends with the exit code 0 when everything is as expected. With `--quick` it is done in less than 20 seconds, with sizes that are too small to tell what is flat.',
    `This run: ${cpus().length} cores (${arch()}) with ${gigabytes} GB, Node.js ${process.versions.node} and ${server}, everything on one machine, on which others were at work too. Each size came by three times, in turns; of the three figures the best is told, as it was disturbed least.`,
    'The ratio says what the largest size costs in terms of the smallest; what is counted by the second costs more where there is less of it. `flat` is what costs at most half as much again, and `≤` what is no larger at any size. A figure below the one that stands behind `from` counts as that one: it is all noise. The others are told to be known, and may grow.',
    ...chapters.flatMap(chapter),
  ]
  return `${parts.join('\n\n')}\n`
}

function chapter({ title, about, section }: Chapter): string[] {
  const rows = section.rows()
  return [
    `## ${title}`,
    about,
    table(rows, section.sizes),
    rows.map(({ figure: { name, meaning } }) => `- **${name}**: ${meaning}`).join('\n'),
  ]
}

function table(rows: readonly Row[], sizes: readonly number[]): string {
  const head = ['', ...sizes.map(whole), 'ratio', 'expected']
  const body = rows.map((row) => {
    const { name, unit } = row.figure
    const values = row.values.map((value) => (value === undefined ? '–' : short(value)))
    const ratio = row.ratio === undefined ? '–' : row.ratio.toFixed(2)
    return [unit === '' ? name : `${name} (${unit})`, ...values, ratio, expectation(row)]
  })
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...body].map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => padded(cell, widths[column] ?? 0, column)).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...body.map(line)].join('\n')
}

function expectation({ figure: { expected, floor, unit }, isKept }: Row): string {
  if (expected === undefined) return 'told'
  const what = expected === 'flat' ? 'flat' : `≤ ${whole(expected)}`
  const least = floor === undefined ? '' : ` from ${floor} ${unit}`
  return `${what}${least}${isKept ? '' : ', MISSED'}`
}

function padded(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function whole(value: number): string {
  return value.toLocaleString('en')
}

function short(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return whole(Math.round(value))
  return value.toPrecision(2).includes('e') ? value.toFixed(0) : String(Number(value.toPrecision(2)))
}
