import { concurrencyInvalid } from '../errors/catalogue.ts'

/** Throws `BUS_CONCURRENCY_INVALID` unless it is a whole number from 1, or not given. */
export function checkConcurrency(of: string, concurrency: number | undefined): void {
  if (concurrency === undefined || (Number.isInteger(concurrency) && concurrency >= 1)) return
  throw concurrencyInvalid({ of, given: String(concurrency) })
}
