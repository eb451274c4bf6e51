import { median, spread, type Measurement, type Unit } from '../measurement.ts'

const suffixes: Readonly<Partial<Record<Unit, string>>> = {
  'per second': '/s',
  ms: ' ms',
  µs: ' µs',
  'µs of CPU': ' µs',
  'commands per second': '/s',
  MB: ' MB',
  '%': ' %',
  times: '×',
}

/** The middle of the rounds with its unit, such as `12,300/s`. */
export function inWords({ rounds, unit }: Pick<Measurement, 'rounds' | 'unit'>): string {
  return `${short(median(rounds))}${unitSuffix({ unit })}`
}

export function unitSuffix({ unit }: Pick<Measurement, 'unit'>): string {
  return suffixes[unit] ?? ''
}

/** How far the rounds lie from the middle of all of them; nothing with a single round. */
export function deviation({ rounds, unit }: Pick<Measurement, 'rounds' | 'unit'>): string {
  if (rounds.length < 2) return ''
  if (unit === '%') return `${short((Math.max(...rounds) - Math.min(...rounds)) / 2, 2)} points`
  return median(rounds) === 0 ? '' : `${short((spread(rounds) / 2) * 100, 1)} %`
}

/** How many times as much the one costs as the other: what is counted by the second costs more where there is less of it. */
export function costRatio(one: Measurement, other: Measurement): number {
  const ratio = median(one.rounds) / median(other.rounds)
  return one.unit === 'per second' ? 1 / ratio : ratio
}

export function times(ratio: number): string {
  return `${ratio >= 10 ? short(ratio) : ratio.toFixed(2)}×`
}

/** Three digits that mean something, and no fraction of what is large. */
export function short(value: number, digits = 3): string {
  const least = 10 ** digits
  return Math.abs(value) >= least / 10
    ? Math.round(value).toLocaleString('en')
    : Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 6 })
}
