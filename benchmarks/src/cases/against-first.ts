import type { Measurement } from '../measurement.ts'

/** Each of them as a multiple of the first, round by round: the figure `ratio`. */
export function againstFirst(found: readonly Measurement[]): readonly Measurement[] {
  return found.map((measurement) => ({
    ...measurement,
    figure: 'ratio',
    unit: 'times',
    rounds: measurement.rounds.flatMap((value, round) => {
      const first = found[0]?.rounds[round]
      return first === undefined ? [] : [value / first]
    }),
  }))
}
