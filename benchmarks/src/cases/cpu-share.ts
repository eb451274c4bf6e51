import type { Measurement } from '../measurement.ts'

/** How much less one takes than the other, round by round: the figure `share`, in percent of what the other takes. */
export function shareOf(
  found: readonly Measurement[],
  whole: string,
  without: string,
): readonly Measurement[] {
  const more = found.find(({ subject }) => subject === whole)
  const less = found.find(({ subject }) => subject === without)
  if (!more || !less) return []
  const rounds = more.rounds.flatMap((value, round) => {
    const other = less.rounds[round]
    return other === undefined ? [] : [(1 - other / value) * 100]
  })
  return [{ ...more, figure: 'share', unit: '%', rounds }]
}
