import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './api-schema.ts'
import {
  alternativesOf,
  anyType,
  isSchema,
  listOf,
  recordOf,
  resolved,
  typeOf,
  type Alternative,
  type Placed,
} from './value-alternatives.ts'
import { compareRules, type RuleChange } from './value-rules.ts'

/** A difference between the values that fit one schema and those that fit another. */
export interface ValueDifference extends RuleChange {
  readonly path: string
  /** What became of the values with properties that one of the two does not know: who is given those may ignore them. */
  readonly ofUnknown?: 'grew' | 'shrank' | undefined
}

/** How the values changed, each difference at its place. Takes schemas of any size: what is too much to compare counts as changed. */
export function compareValues(
  path: string,
  before: JsonSchema,
  after: JsonSchema,
): readonly ValueDifference[] {
  const comparison = new Comparison()
  return comparison.values(path, { schema: before, document: before }, { schema: after, document: after })
}

const mostSteps = 50_000
const mostDepth = 100

/** One walk through two schemas; references that come back to where they were end it. */
class Comparison {
  readonly #within: (readonly [before: unknown, after: unknown])[] = []
  readonly #done = new Map<unknown, Set<unknown>>()
  #steps = 0
  #trials = 0

  values(path: string, before: Placed, after: Placed): readonly ValueDifference[] {
    const [one, other] = [resolved(before), resolved(after)]
    const pair = [one.schema, other.schema] as const
    if (this.#isKnown(pair)) return []
    if (this.#steps++ > mostSteps || this.#within.length > mostDepth) return tooLarge(path)
    this.#within.push(pair)
    try {
      const found = this.#alternatives(path, alternativesOf(one), alternativesOf(other))
      return [...found, ...defaultChange(path, ...pair)]
    } finally {
      this.#within.pop()
      if (this.#trials === 0) this.#done.set(pair[0], (this.#done.get(pair[0]) ?? new Set()).add(pair[1]))
    }
  }

  // What was compared is told of once, where it was met first.
  #isKnown([before, after]: readonly [unknown, unknown]): boolean {
    if (!isSchema(before) || !isSchema(after)) return before === after
    if (this.#within.some(([one, other]) => one === before && other === after)) return true
    return this.#trials === 0 && (this.#done.get(before)?.has(after) ?? false)
  }

  #alternatives(
    path: string,
    before: readonly Alternative[],
    after: readonly Alternative[],
  ): readonly ValueDifference[] {
    const [one] = before
    const [other] = after
    if (one && other && before.length === 1 && after.length === 1) return this.#single(path, one, other)
    const rest = { before: [...before], after: [...after] }
    const take = (pair: readonly [Alternative, Alternative]): void => {
      rest.before.splice(rest.before.indexOf(pair[0]), 1)
      rest.after.splice(rest.after.indexOf(pair[1]), 1)
    }
    for (const each of before) {
      const same = rest.after.find((candidate) => this.#tried(each, candidate).length === 0)
      if (same) take([each, same])
    }
    const pairs = pairsByLabel(rest.before, rest.after)
    pairs.forEach(take)
    const grew = rest.after.some((each) => !before.some((known) => !hasGrown(this.#tried(known, each))))
    const shrank = rest.before.some((each) => !after.some((known) => !hasShrunk(this.#tried(each, known))))
    return [
      ...(grew || shrank
        ? [{ path, grew, shrank, what: alternativesChanged(before, after, { grew, shrank }) }]
        : []),
      ...pairs.flatMap(([was, is]) => this.#single(path, was, is)),
    ]
  }

  /** Compares without a trace, to see whether the two are the same or one is within the other. */
  #tried(before: Alternative, after: Alternative): readonly ValueDifference[] {
    this.#trials++
    try {
      return this.#single('', before, after)
    } finally {
      this.#trials--
    }
  }

  #single(path: string, before: Alternative, after: Alternative): readonly ValueDifference[] {
    if (this.#steps++ > mostSteps) return tooLarge(path)
    const [one, other] = [typeOf(before), typeOf(after)]
    const what = `its type changed from ${one} to ${other}`
    const grew = isType(one, other)
    const shrank = isType(other, one)
    if (!grew && !shrank) return [{ path, grew: true, shrank: true, what }]
    return [
      ...(one === other ? [] : [{ path, grew, shrank, what }]),
      ...compareRules(before.schema, after.schema).map((change) => ({ path, ...change })),
      ...this.#properties(path, before, after),
      ...this.#items(path, before, after),
    ]
  }

  #properties(path: string, before: Alternative, after: Alternative): readonly ValueDifference[] {
    const [was, is] = [recordOf(before.schema['properties']), recordOf(after.schema['properties'])]
    const [needed, needs] = [listOf(before.schema['required']), listOf(after.schema['required'])]
    const names = new Set([...Object.keys(was), ...Object.keys(is)])
    const found = [...names].flatMap((name): readonly ValueDifference[] => {
      const at = `${path}.${name}`
      const [wasNeeded, isNeeded] = [needed.includes(name), needs.includes(name)]
      if (!Object.hasOwn(was, name)) return added(at, isNeeded, isClosed(before.schema))
      if (!Object.hasOwn(is, name)) return removed(at, wasNeeded, isClosed(after.schema))
      return [
        ...presence(at, wasNeeded, isNeeded),
        ...this.values(at, { ...before, schema: was[name] }, { ...after, schema: is[name] }),
      ]
    })
    return [...found, ...this.#unknownProperties(path, before, after)]
  }

  #unknownProperties(path: string, before: Alternative, after: Alternative): readonly ValueDifference[] {
    const [wasClosed, isNowClosed] = [isClosed(before.schema), isClosed(after.schema)]
    if (wasClosed && isNowClosed) return []
    if (wasClosed !== isNowClosed) {
      const what = `its further properties are ${wasClosed ? 'allowed now' : 'not allowed any more'}`
      return [{ path, grew: false, shrank: false, what, ofUnknown: wasClosed ? 'grew' : 'shrank' }]
    }
    const rest = (side: Alternative): Placed => ({
      ...side,
      schema: side.schema['additionalProperties'] ?? true,
    })
    if (isDeepStrictEqual(rest(before).schema, rest(after).schema)) return []
    return this.values(`${path}.*`, rest(before), rest(after))
  }

  #items(path: string, before: Alternative, after: Alternative): readonly ValueDifference[] {
    const [was, is] = [itemsOf(before.schema), itemsOf(after.schema)]
    const placed = (side: Alternative, schema: unknown): Placed => ({ ...side, schema })
    const count = Math.max(was.first.length, is.first.length)
    const first = Array.from({ length: count }, (_, index) => {
      const [one, other] = [was.first[index] ?? was.rest, is.first[index] ?? is.rest]
      return this.values(`${path}[${index}]`, placed(before, one), placed(after, other))
    })
    return [...first.flat(), ...this.values(`${path}[]`, placed(before, was.rest), placed(after, is.rest))]
  }
}

function itemsOf(schema: JsonSchema): { readonly first: readonly unknown[]; readonly rest: unknown } {
  const { items = true, additionalItems = true, prefixItems } = schema
  if (Array.isArray(items)) return { first: items, rest: additionalItems }
  return { first: listOf(prefixItems), rest: items }
}

function added(path: string, isNeeded: boolean, wasClosed: boolean): readonly ValueDifference[] {
  const what = `it was added, ${isNeeded ? 'required' : 'optional'}`
  return [{ path, grew: false, shrank: isNeeded, what, ofUnknown: wasClosed ? 'grew' : undefined }]
}

function removed(path: string, wasNeeded: boolean, isNowClosed: boolean): readonly ValueDifference[] {
  const ofUnknown = isNowClosed ? 'shrank' : undefined
  return [{ path, grew: wasNeeded, shrank: false, what: 'it was removed', ofUnknown }]
}

function presence(path: string, wasNeeded: boolean, isNeeded: boolean): readonly ValueDifference[] {
  if (wasNeeded === isNeeded) return []
  const what = `it became ${isNeeded ? 'required' : 'optional'}`
  return [{ path, grew: wasNeeded, shrank: isNeeded, what }]
}

function defaultChange(path: string, before: unknown, after: unknown): readonly ValueDifference[] {
  const [one, other] = [recordOf(before)['default'], recordOf(after)['default']]
  if (isDeepStrictEqual(one, other)) return []
  const became = one === undefined ? 'was added' : other === undefined ? 'was removed' : 'changed'
  return [{ path, grew: false, shrank: false, what: `its default ${became}` }]
}

function isClosed(schema: JsonSchema): boolean {
  return schema['additionalProperties'] === false
}

// An integer is a number as well.
function isType(one: string, other: string): boolean {
  return one === other || other === anyType || (one === 'integer' && other === 'number')
}

function tooLarge(path: string): readonly ValueDifference[] {
  return [{ path, grew: true, shrank: true, what: 'it is too large to compare' }]
}

function hasGrown(differences: readonly ValueDifference[]): boolean {
  return differences.some(({ grew, ofUnknown }) => grew || ofUnknown === 'grew')
}

function hasShrunk(differences: readonly ValueDifference[]): boolean {
  return differences.some(({ shrank, ofUnknown }) => shrank || ofUnknown === 'shrank')
}

/** Alternatives that are each other's only one of their kind: of the same type, and with the same literals in their properties. */
function pairsByLabel(
  before: readonly Alternative[],
  after: readonly Alternative[],
): readonly (readonly [Alternative, Alternative])[] {
  const [one, other] = [byLabel(before), byLabel(after)]
  return [...one].flatMap(([label, [was, ...others]]) => {
    const [is, ...more] = other.get(label) ?? []
    return was && is && others.length === 0 && more.length === 0 ? [[was, is] as const] : []
  })
}

function byLabel(alternatives: readonly Alternative[]): ReadonlyMap<string, readonly Alternative[]> {
  const found = new Map<string, Alternative[]>()
  for (const alternative of alternatives) {
    const properties = Object.entries(recordOf(alternative.schema['properties']))
    const literals = properties.flatMap(([name, schema]) => {
      const { const: literal, enum: values } = recordOf(schema)
      const only = literal ?? (listOf(values).length === 1 ? listOf(values)[0] : undefined)
      return only === undefined ? [] : [[name, only]]
    })
    const label = JSON.stringify([typeOf(alternative), literals])
    found.set(label, [...(found.get(label) ?? []), alternative])
  }
  return found
}

function alternativesChanged(
  before: readonly Alternative[],
  after: readonly Alternative[],
  { grew, shrank }: { readonly grew: boolean; readonly shrank: boolean },
): string {
  const [one, other] = [before, after].map((side) => [...new Set(side.map(typeOf))].join(' or ') || 'nothing')
  if (one !== other) return `its type changed from ${one} to ${other}`
  return `its alternatives ${grew && shrank ? 'changed' : grew ? 'became more' : 'became fewer'}`
}
