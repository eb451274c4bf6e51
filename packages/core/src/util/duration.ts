import { durationInvalid } from '../errors/catalogue.ts'

/** A length of time as users write it: a number of seconds, as in Lightbus, or a number with a unit: `500ms`, `5s`, `2m`, `1h`, `7d`. */
export type Duration = number | string

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** The JSON Schema of a {@link Duration}, for the options of transports. */
export const durationSchema = {
  type: ['number', 'string'],
  minimum: 0,
  pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
} as const

/** Milliseconds in a duration. Throws `BUS_DURATION_INVALID`. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number' && duration >= 0 && Number.isFinite(duration)) return duration * 1_000
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  if (amount === undefined) throw durationInvalid({ given: String(duration) })
  return Number(amount) * unitMs[unit as keyof typeof unitMs]
}
