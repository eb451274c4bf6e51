/** Those whose names begin with one of these words, or are one: `rpc` is that one case, and `growth` all of that name. Throws for a word that is none. */
export function choose<T>(
  what: string,
  all: readonly T[],
  nameOf: (one: T) => string,
  words: readonly string[] | undefined,
): readonly T[] {
  if (!words) return all
  const names = all.map(nameOf)
  const chosen = new Set(words.flatMap((word) => named(names, word, what)))
  return all.filter((one) => chosen.has(nameOf(one)))
}

function named(names: readonly string[], word: string, what: string): readonly string[] {
  const small = word.toLowerCase()
  const exact = names.filter((name) => name.toLowerCase() === small)
  const found = exact.length > 0 ? exact : names.filter((name) => name.toLowerCase().startsWith(small))
  if (found.length === 0)
    throw new Error(
      `There is no ${what} "${word}". There are: ${names.map((name) => `\n  ${name}`).join('')}`,
    )
  return found
}
