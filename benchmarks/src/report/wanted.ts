import type { Measurement, Unit } from '../measurement.ts'

/** Which figure is meant: all that is said has to fit, the rest may be anything. */
export interface Wanted {
  readonly case: string
  /** Undefined is what it must not have. */
  readonly at?: Readonly<Record<string, number | string | undefined>>
  readonly figure?: string
  readonly unit?: Unit
  readonly subject?: string
}

export function fitting(wanted: Wanted, measurements: readonly Measurement[]): readonly Measurement[] {
  const { at = {}, figure, unit, subject } = wanted
  return measurements.filter(
    (one) =>
      one.case === wanted.case &&
      (figure === undefined || one.figure === figure) &&
      (unit === undefined || one.unit === unit) &&
      (subject === undefined || one.subject === subject) &&
      Object.entries(at).every(([key, value]) => one.at[key] === value),
  )
}
