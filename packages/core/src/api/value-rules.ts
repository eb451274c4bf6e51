import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './api-schema.ts'
import { annotations, isSchema, listOf } from './value-alternatives.ts'

/** What became of the values that fit: whether there are some now that did not fit before, and the other way round. */
export interface RuleChange {
  readonly grew: boolean
  readonly shrank: boolean
  readonly what: string
}

/** The differences of two schemas in rules that stand for themselves. What has parts, such as properties and items, is compared elsewhere. */
export function compareRules(before: JsonSchema, after: JsonSchema): readonly RuleChange[] {
  return [...compareEnums(before, after), ...compareBounds(before, after), ...compareOthers(before, after)]
}

function compareEnums(before: JsonSchema, after: JsonSchema): readonly RuleChange[] {
  const [one, other] = [literalsOf(before), literalsOf(after)]
  const has = (all: readonly unknown[], value: unknown): boolean =>
    all.some((each) => isDeepStrictEqual(each, value))
  const lost = one?.some((value) => other && !has(other, value)) ?? false
  const found = other?.some((value) => one && !has(one, value)) ?? false
  const grew = found || (one !== undefined && other === undefined)
  const shrank = lost || (one === undefined && other !== undefined)
  if (!grew && !shrank) return []
  const became = grew && shrank ? 'changed' : grew ? 'became more' : 'became fewer'
  return [{ grew, shrank, what: `its allowed values ${became}` }]
}

function literalsOf(schema: JsonSchema): readonly unknown[] | undefined {
  return 'enum' in schema ? listOf(schema['enum']) : undefined
}

const lower = ['minLength', 'minItems', 'minProperties']
const upper = ['maxLength', 'maxItems', 'maxProperties']

function compareBounds(before: JsonSchema, after: JsonSchema): readonly RuleChange[] {
  const counted = (rule: string, side: 'least' | 'most'): readonly RuleChange[] =>
    moved(rule, countOf(before[rule], side), countOf(after[rule], side), side)
  return [
    ...lower.flatMap((rule) => counted(rule, 'least')),
    ...upper.flatMap((rule) => counted(rule, 'most')),
    ...moved('minimum', leastOf(before), leastOf(after), 'least'),
    ...moved('maximum', mostOf(before), mostOf(after), 'most'),
    ...compareSteps(before['multipleOf'], after['multipleOf']),
  ]
}

/** A bound and whether it is out of bounds itself. */
interface Bound {
  readonly value: number
  readonly isOpen: boolean
}

function countOf(value: unknown, side: 'least' | 'most'): Bound | undefined {
  if (typeof value !== 'number' || (side === 'least' && value === 0)) return undefined
  return { value, isOpen: false }
}

// All whole numbers that JavaScript can tell apart, as some libraries write it, bound nothing that anybody sends.
function boundOf(value: unknown, isOpen: boolean): Bound | undefined {
  return typeof value !== 'number' || Math.abs(value) >= Number.MAX_SAFE_INTEGER
    ? undefined
    : { value, isOpen }
}

function leastOf(schema: JsonSchema): Bound | undefined {
  const [closed, open] = [boundOf(schema['minimum'], false), boundOf(schema['exclusiveMinimum'], true)]
  const least = !closed || (open && open.value >= closed.value) ? open : closed
  return least?.isOpen && schema['type'] === 'integer'
    ? { value: Math.floor(least.value) + 1, isOpen: false }
    : least
}

function mostOf(schema: JsonSchema): Bound | undefined {
  const [closed, open] = [boundOf(schema['maximum'], false), boundOf(schema['exclusiveMaximum'], true)]
  const most = !closed || (open && open.value <= closed.value) ? open : closed
  return most?.isOpen && schema['type'] === 'integer'
    ? { value: Math.ceil(most.value) - 1, isOpen: false }
    : most
}

function moved(
  rule: string,
  before: Bound | undefined,
  after: Bound | undefined,
  side: 'least' | 'most',
): readonly RuleChange[] {
  if (isDeepStrictEqual(before, after)) return []
  const isTighter = after !== undefined && (before === undefined || isWithin(after, before, side))
  return [{ grew: !isTighter, shrank: isTighter, what: ruleChanged(rule, shown(before), shown(after)) }]
}

function isWithin(one: Bound, other: Bound, side: 'least' | 'most'): boolean {
  if (one.value === other.value) return one.isOpen
  return side === 'least' ? one.value > other.value : one.value < other.value
}

function shown(bound: Bound | undefined): string | undefined {
  return bound && `${bound.value}${bound.isOpen ? ' (exclusive)' : ''}`
}

function compareSteps(before: unknown, after: unknown): readonly RuleChange[] {
  if (before === after) return []
  const isMultiple = (one: unknown, other: unknown): boolean =>
    typeof one === 'number' && typeof other === 'number' && one % other === 0
  const grew = before !== undefined && !isMultiple(after, before)
  const shrank = after !== undefined && !isMultiple(before, after)
  return [{ grew, shrank, what: ruleChanged('multipleOf', textOf(before), textOf(after)) }]
}

const compared = new Set([
  ...'type enum const required properties additionalProperties items prefixItems additionalItems'.split(' '),
  ...'minimum exclusiveMinimum maximum exclusiveMaximum multipleOf'.split(' '),
  ...lower,
  ...upper,
])

/** Rules that can only be there or not: one that is exchanged for another cannot be weighed. */
function compareOthers(before: JsonSchema, after: JsonSchema): readonly RuleChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((rule) => !compared.has(rule) && !annotations.has(rule))
    .flatMap((rule) => {
      const [one, other] = [meaning(rule, before[rule]), meaning(rule, after[rule])]
      if (isDeepStrictEqual(one, other)) return []
      const [grew, shrank] = [one !== undefined, other !== undefined]
      return [{ grew, shrank, what: ruleChanged(rule, textOf(one), textOf(other)) }]
    })
}

/** Undefined where the rule lets everything pass. */
function meaning(rule: string, value: unknown): unknown {
  if (rule === 'uniqueItems' || rule === 'nullable') return value === true ? true : undefined
  const isEveryName =
    rule === 'propertyNames' && isSchema(value) && isDeepStrictEqual(value, { type: 'string' })
  return isEveryName ? undefined : value
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : value === undefined ? undefined : ''
}

function ruleChanged(rule: string, before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `its rule "${rule}" was added${after ? `: ${after}` : ''}`
  if (after === undefined) return `its rule "${rule}" was removed`
  return `its rule "${rule}" changed${before && after ? ` from ${before} to ${after}` : ''}`
}
