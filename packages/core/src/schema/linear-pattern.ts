import { RE2JS } from 're2js'

/** Longer ones would take long to compile. */
const longestPattern = 4_096

/** Whether a text matches a pattern somewhere. Two are the same to Ajv when their texts are. */
export interface Pattern {
  test(text: string): boolean
  toString(): string
}

/**
 * A pattern of somebody else, which takes time in proportion to the text whatever it says. One that no such engine knows (look-ahead,
 * back-references) lets everything pass.
 */
export function linearPattern(source: string): Pattern {
  const compiled = compile(source)
  return { test: (text) => compiled?.test(text) ?? true, toString: () => source }
}

function compile(source: string): RE2JS | undefined {
  if (source.length > longestPattern) return undefined
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source))
  } catch {
    return undefined
  }
}
