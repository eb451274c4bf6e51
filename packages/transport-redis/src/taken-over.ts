import type { Entry } from './stream-replies.ts'

/** An entry that somebody had before, with the ordinal of this handing-over. */
export interface Recovered {
  readonly entry: Entry
  readonly attempt: number
}

/** What was taken over, and how many entries were gone. */
export interface TakenOver {
  readonly taken: readonly Recovered[]
  readonly gone: number
}

/** Reads what the scripts return that take entries over; `done` is how many of those that were asked for they are done with. */
export function readTakenOver(reply: unknown): TakenOver & { readonly done: number } {
  const [taken, gone, done = 0] = reply as [[Entry, number][], string[], number?]
  return { taken: taken.map(([entry, attempt]) => ({ entry, attempt })), gone: gone.length, done }
}
