import type { Measurement } from '../measurement.ts'
import { atWords } from './at-words.ts'
import { groupBy } from './group-by.ts'
import { costRatio } from './quantity.ts'

/** One figure of one subject at several sizes. */
export interface Growth {
  readonly subject: string
  readonly figure: string
  readonly steps: readonly Step[]
}

export interface Step {
  readonly size: number
  readonly measurement: Measurement
  /** In terms of the smallest size; no number where that costs nothing. */
  readonly relativeCost: number
}

/** What grows in a case is the number that its measurements differ in. */
export function growingKey(measurements: readonly Measurement[]): string | undefined {
  const keys = [...new Set(measurements.flatMap(({ at }) => Object.keys(at)))]
  return keys.find((key) => new Set(measurements.map(({ at }) => at[key]).filter(isNumber)).size > 1)
}

/** What else distinguishes measurements is part of their figure's name. */
export function growths(measurements: readonly Measurement[], key: string): readonly Growth[] {
  const figureOf = ({ figure, at }: Measurement): string => {
    const { [key]: _size, ...others } = at
    return [figure, atWords(others)].filter(Boolean).join(', ')
  }
  const lines = groupBy(measurements, (one) => `${figureOf(one)} ${one.subject}`)
  return [...lines.values()].map((some) => {
    const [smallest, ...larger] = some.toSorted((a, b) => Number(a.at[key]) - Number(b.at[key]))
    if (!smallest) throw new Error('A group has no members.')
    const steps = [smallest, ...larger].map((measurement) => ({
      size: Number(measurement.at[key]),
      measurement,
      relativeCost: costRatio(measurement, smallest),
    }))
    return { subject: smallest.subject, figure: figureOf(smallest), steps }
  })
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
