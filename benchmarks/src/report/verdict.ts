import { median, type Measurement } from '../measurement.ts'
import { costRatio, short } from './quantity.ts'
import { best, nameOf, ours } from './subject-names.ts'
import type { Target } from './targets.ts'
import { fitting } from './wanted.ts'

/** What became of a target; `undefined` is for what this run has no figures for. */
export interface Verdict {
  readonly our: Measurement
  /** What it was compared with, if with anything. */
  readonly other?: Measurement
  /** How many times as good or as costly as the other, or the figure itself. */
  readonly value: number
  /** Open where there is no limit. */
  readonly isMet?: boolean
  /** By how much it was missed, such as `12 %`. */
  readonly missedBy?: string
}

/** Compares what was measured with what was wanted. */
export function judge(target: Target, measurements: readonly Measurement[]): Verdict | undefined {
  const { of, atLeast, atMost } = target
  const [our] = fitting({ subject: ours, ...of }, measurements)
  const other = otherOf(target, measurements)
  if (!our || (!other && isComparing(target))) return undefined
  const value = valueOf(our, other, atMost === undefined)
  if (!Number.isFinite(value)) return undefined
  const verdict = { our, ...(other && { other }), value }
  const limit = atLeast ?? atMost
  if (limit === undefined) return verdict
  const isMet = atLeast === undefined ? value <= limit : value >= limit
  return isMet ? { ...verdict, isMet } : { ...verdict, isMet, missedBy: distance(verdict, limit) }
}

function isComparing({ beside, from }: Target): boolean {
  return beside !== undefined || from !== undefined
}

function otherOf(
  { of, beside, from }: Target,
  measurements: readonly Measurement[],
): Measurement | undefined {
  if (from) return fitting({ subject: ours, ...of, at: { ...of.at, ...from } }, measurements)[0]
  return best(fitting(of, measurements).filter(({ subject }) => nameOf(subject) === beside))
}

function valueOf(our: Measurement, other: Measurement | undefined, isGain: boolean): number {
  if (!other) return median(our.rounds)
  return isGain ? costRatio(other, our) : costRatio(our, other)
}

function distance({ our, other, value }: Verdict, limit: number): string {
  const apart = Math.abs(value - limit)
  const isPercentage = !other && our.unit === '%'
  return isPercentage ? `${short(apart, 2)} percentage points` : `${short((apart / limit) * 100, 2)} %`
}
