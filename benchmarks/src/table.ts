import { median, spread, type Measurement } from './measurement.ts'

/** All figures, a line each, below the name of their case. */
export function tableOf(measurements: readonly Measurement[]): string {
  const names = [...new Set(measurements.map((measurement) => measurement.case))]
  return names
    .map((name) => {
      const rows = measurements.filter((measurement) => measurement.case === name).map(rowOf)
      const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
      const lines = rows.map((row) =>
        row.map((cell, column) => fitted(cell, widths[column], column)).join('  '),
      )
      return `${name}\n${lines.map((line) => `  ${line}\n`).join('')}`
    })
    .join('\n')
}

function rowOf({ subject, at, figure, unit, rounds }: Measurement): readonly string[] {
  const where = Object.entries(at)
    .map(([key, value]) => `${key} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    .join(', ')
  const apart = rounds.length > 1 ? ` (${(spread(rounds) * 100).toFixed(0)} % apart)` : ''
  return [subject, where, figure, shortOf(median(rounds)), `${unit}${apart}`]
}

function shortOf(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 1 ? 3 : value < 100 ? 1 : 0 })
}

const figureColumn = 3

function fitted(cell: string, width = 0, column = 0): string {
  return column === figureColumn ? cell.padStart(width) : cell.padEnd(width)
}
