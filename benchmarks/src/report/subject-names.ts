import type { Measurement } from '../measurement.ts'
import { groupBy } from './group-by.ts'
import { costRatio } from './quantity.ts'

/** Who is compared with the others: Lightbus as it is by default, with validation. */
export const ours = 'Lightbus (safety)'

/** Without the variant: `Moleculer` of `Moleculer (speed)`. */
export function nameOf(label: string): string {
  return label.replace(/ \((?:speed|safety)\)$/, '')
}

/** What needs no broker is shown, but competes with nobody. */
export function competes({ subject }: Pick<Measurement, 'subject'>): boolean {
  return nameOf(subject) !== 'Lightbus, in memory'
}

/** The best of measurements of one figure. */
export function best(measurements: readonly Measurement[]): Measurement | undefined {
  return measurements.toSorted((a, b) => costRatio(a, b) - 1)[0]
}

/** One measurement of each name: a peer's fastest variant, and ours with validation. */
export function oneOfEach(measurements: readonly Measurement[]): readonly Measurement[] {
  const isOurs = (name: string): boolean => name === nameOf(ours)
  return [...groupBy(measurements, ({ subject }) => nameOf(subject))].flatMap(([name, variants]) => {
    const counting = isOurs(name) ? variants.filter(({ subject }) => subject === ours) : variants
    return best(counting) ?? []
  })
}
