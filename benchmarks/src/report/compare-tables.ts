import { median, type Measurement } from '../measurement.ts'
import { atWords } from './at-words.ts'
import { groupBy } from './group-by.ts'
import { markdownTable } from './markdown-table.ts'
import { costRatio, deviation, inWords, times } from './quantity.ts'
import { best, competes, ours } from './subject-names.ts'

/** A table for each setting of the case: a row per subject, the best one first. */
export function compareTables(measurements: readonly Measurement[]): readonly string[] {
  const settings = groupBy(measurements, ({ at }) => atWords(at))
  return [...settings].flatMap(([setting, some]) => [...(setting ? [`**${setting}**`] : []), table(some)])
}

function table(measurements: readonly Measurement[]): string {
  const figures = [...groupBy(measurements, ({ figure }) => figure)]
  const ranked = [...(figures[0]?.[1] ?? [])].toSorted((a, b) => costRatio(a, b) - 1)
  const subjects = [...new Set([...ranked, ...measurements].map(({ subject }) => subject))]
  const head = figures.flatMap(([figure, some]) => [figure, '±', ...(isContest(some) ? ['Lightbus is'] : [])])
  const rows = subjects.map((subject) => [subject, ...figures.flatMap(([, some]) => cells(subject, some))])
  return markdownTable(['', ...head], rows)
}

/** Whether there is somebody to stand beside. */
function isContest(measurements: readonly Measurement[]): boolean {
  return measurements.length > 1 && measurements.some(({ subject }) => subject === ours)
}

function cells(subject: string, all: readonly Measurement[]): readonly string[] {
  const measurement = all.find((one) => one.subject === subject)
  if (!measurement) return ['–', '', ...(isContest(all) ? [''] : [])]
  const isBest =
    all.length > 1 && competes(measurement) && isAsGoodAs(best(all.filter(competes)), measurement)
  const value = inWords(measurement)
  const standings = isContest(all) ? [standing(measurement, all)] : []
  return [isBest ? `**${value}**` : value, deviation(measurement), ...standings]
}

function isAsGoodAs(one: Measurement | undefined, other: Measurement): boolean {
  return one !== undefined && median(one.rounds) === median(other.rounds)
}

/** How Lightbus stands beside it: `1.80× ahead` is 1.8 times as good, `1.20× behind` that the other one is 1.2 times as good. */
function standing(measurement: Measurement, all: readonly Measurement[]): string {
  const our = all.find(({ subject }) => subject === ours)
  if (!our || our === measurement || median(our.rounds) === 0 || median(measurement.rounds) === 0) return ''
  const lead = costRatio(measurement, our)
  const [ratio, where] = lead >= 1 ? [lead, 'ahead'] : [1 / lead, 'behind']
  return times(ratio) === times(1) ? 'level' : `${times(ratio)} ${where}`
}
