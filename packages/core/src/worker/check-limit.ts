import { concurrencyInvalid } from '../errors/catalogue.ts'

/** Throws `BUS_CONCURRENCY_INVALID` unless the limit is a whole number from 1, or not given. */
export function checkLimit(
  of: string,
  what: 'concurrency' | 'prefetch' | 'rate limit',
  given: number | undefined,
): void {
  if (given === undefined || (Number.isInteger(given) && given >= 1)) return
  throw concurrencyInvalid({ of, what, given: String(given) })
}
