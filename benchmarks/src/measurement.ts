/** What a row of the report is measured in, and which way is better. */
export type Unit =
  'per second' | 'ms' | 'µs' | 'µs of CPU' | 'commands per second' | 'connections' | 'MB' | '%' | 'times'

/** One figure of one subject in one case: a value from each round, so that the spread can be seen. */
export interface Measurement {
  readonly case: string
  /** As `labelOf` has it, such as `Moleculer (speed)` or `Lightbus (safety)`. */
  readonly subject: string
  /** What distinguishes it within the case, such as `{ inFlight: 100, bytes: 1000 }`. */
  readonly at: Readonly<Record<string, number | string>>
  /** What is measured where a case has several figures, such as `p99`. */
  readonly figure: string
  readonly unit: Unit
  readonly rounds: readonly number[]
}

/** What it was measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly node: string
  readonly redis: string
  readonly os: string
  /** When the run began, such as `2026-01-31T12:00:00.000Z`. */
  readonly date: string
}

/** All that came of a run. */
export interface Results {
  readonly machine: Machine
  /** The versions of what is compared, such as `{ bullmq: '6.7.0' }`. */
  readonly packages: Readonly<Record<string, string>>
  readonly measurements: readonly Measurement[]
}

/** The middle of the rounds: one disturbed round does not count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1, middle + 1)
  return ((low ?? NaN) + (high ?? NaN)) / 2
}

/** How far the rounds lie apart, as a part of their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}
