import type { Measurement } from '../measurement.ts'
import { labelOf, subjects } from '../subjects.ts'

/** What the settings are of those that were measured. */
export function settingsList(measurements: readonly Measurement[]): string {
  const measured = new Set(measurements.map(({ subject }) => subject))
  const lines = subjects
    .filter((subject) => measured.has(labelOf(subject)))
    .map((subject) => `- **${labelOf(subject)}**: ${subject.settings}.`)
  return lines.join('\n')
}
