import { closest, distance } from 'fastest-levenshtein'

/** The known name that a misspelt one most likely means, or undefined when none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const names = [...known]
  if (names.length === 0) return undefined
  const best = closest(name, names)
  return distance(name, best) <= Math.max(2, name.length / 3) ? best : undefined
}
