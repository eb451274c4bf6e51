import type { Measurement } from '../measurement.ts'
import { sizeWords } from './at-words.ts'
import { compareTables } from './compare-tables.ts'
import { groupBy } from './group-by.ts'
import { growingKey, growths, type Growth } from './growth.ts'
import { markdownTable } from './markdown-table.ts'
import { deviation, inWords, times } from './quantity.ts'

/** A table for each figure of the case: a row per subject, a column per size, and what the largest costs in terms of the smallest. */
export function growthTables(measurements: readonly Measurement[]): readonly string[] {
  // Ratios are what the last column says.
  const counted = measurements.filter(({ unit }) => unit !== 'times')
  const key = growingKey(counted)
  if (key === undefined) return compareTables(counted)
  const figures = groupBy(growths(counted, key), ({ figure }) => figure)
  return [...figures].flatMap(([figure, some]) => [`**${figure}**`, table(some, key)])
}

function table(some: readonly Growth[], key: string): string {
  const sizes = [...new Set(some.flatMap(({ steps }) => steps.map(({ size }) => size)))].toSorted(
    (a, b) => a - b,
  )
  const head = [key, ...sizes.map((size) => sizeWords(key, size)), 'grows to']
  const rows = some.map(({ subject, steps }) => {
    const values = sizes.map((size) => {
      const measurement = steps.find((step) => step.size === size)?.measurement
      return measurement ? withDeviation(measurement) : '–'
    })
    const cost = steps.at(-1)?.relativeCost ?? NaN
    return [subject, ...values, Number.isFinite(cost) ? `${times(cost)} the cost` : '–']
  })
  return markdownTable(head, rows)
}

function withDeviation(measurement: Measurement): string {
  const deviates = deviation(measurement)
  return deviates === '' ? inWords(measurement) : `${inWords(measurement)} ± ${deviates}`
}
