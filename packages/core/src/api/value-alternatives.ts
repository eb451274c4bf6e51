import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './api-schema.ts'

/** A schema and the document that its references point into. */
export interface Placed {
  readonly schema: unknown
  readonly document: JsonSchema
}

/** One way in which a value may be: of one type, or of any. */
export interface Alternative {
  readonly schema: JsonSchema
  readonly document: JsonSchema
}

/** The type of an alternative, where it has none. */
export const anyType = 'any'

/** The ways in which a value may be: unions, lists of types and references are taken apart, literals of a type put together. */
export function alternativesOf(placed: Placed): readonly Alternative[] {
  return literalsJoined(takenApart(placed, { left: mostAlternatives }))
}

/** What a reference within the document leads to; a schema without a reference is itself, and so is one that leads nowhere. */
export function resolved(placed: Placed): Placed {
  let { schema } = placed
  for (let hops = 0; hops < mostHops; hops++) {
    const target = isSchema(schema) ? pointedAt(placed.document, schema['$ref']) : undefined
    if (target === undefined) break
    schema = target
  }
  return { ...placed, schema }
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The type of an alternative as its schema says it; {@link anyType} where it does not. */
export function typeOf({ schema }: Alternative): string {
  return typeof schema['type'] === 'string' ? schema['type'] : anyType
}

/** What is said for people, or of the schema itself, and not of the values. */
export const annotations: ReadonlySet<string> = new Set(
  '$schema $id $comment $defs definitions title description default examples deprecated readOnly writeOnly'.split(
    ' ',
  ),
)

const mostHops = 50
const mostAlternatives = 1_000

/** What stands at a pointer of the document, as in `#/definitions/user`. */
export function pointedAt(document: JsonSchema, pointer: unknown): unknown {
  if (typeof pointer !== 'string' || !pointer.startsWith('#')) return undefined
  let at: unknown = document
  for (const step of pointer.split('/').slice(1)) {
    const name = stepName(step)
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as JsonSchema)[name]
  }
  return at
}

function stepName(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

/** Unions within unions may be many more than they look: with nothing `left` of the budget they stay as they are. */
function takenApart(placed: Placed, budget: { left: number }): readonly Alternative[] {
  const { schema, document } = resolved(placed)
  if (schema === false) return []
  if (!isSchema(schema)) return [{ schema: {}, document }]
  if (--budget.left < 0) return [{ schema, document }]
  const whole = unwrapped(schema, document)
  for (const key of ['anyOf', 'oneOf']) {
    const ways = whole[key]
    if (!Array.isArray(ways)) continue
    const { [key]: _, ...rest } = whole
    const joined = ways.map((way) => together(rest, resolved({ schema: way, document }).schema))
    if (joined.every((way) => way !== undefined))
      return joined.flatMap((way) => takenApart({ schema: way, document }, budget))
  }
  return byType(whole).map((each) => ({ schema: each, document }))
}

/** Without its `allOf`, where its parts do not contradict each other. */
function unwrapped(schema: JsonSchema, document: JsonSchema): JsonSchema {
  const { allOf, ...rest } = schema
  if (!Array.isArray(allOf)) return schema
  let whole: JsonSchema | undefined = rest
  for (const part of allOf) whole = whole && together(whole, resolved({ schema: part, document }).schema)
  return whole ?? schema
}

/** Both in one; undefined where they say different things of the same. */
function together(one: JsonSchema, other: unknown): JsonSchema | undefined {
  if (other === true) return one
  if (!isSchema(other)) return undefined
  const { properties, required, ...rest } = other
  const conflicts = Object.keys(rest).some(
    (key) => !annotations.has(key) && key in one && !isDeepStrictEqual(one[key], rest[key]),
  )
  const [mine, theirs] = [recordOf(one['properties']), recordOf(properties)]
  const overlap = Object.keys(theirs).some(
    (name) => name in mine && !isDeepStrictEqual(mine[name], theirs[name]),
  )
  if (conflicts || overlap) return undefined
  return {
    ...one,
    ...rest,
    ...(properties || one['properties'] ? { properties: { ...mine, ...theirs } } : {}),
    ...(required || one['required']
      ? { required: [...new Set([...listOf(one['required']), ...listOf(required)])] }
      : {}),
  }
}

export function recordOf(value: unknown): JsonSchema {
  return isSchema(value) ? value : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

const rulesOf: Readonly<Record<string, RegExp>> = {
  string: /^(minLength|maxLength|pattern|format|contentEncoding|contentMediaType)$/,
  number: /^(minimum|maximum|exclusiveMinimum|exclusiveMaximum|multipleOf)$/,
  array: /^(items|prefixItems|additionalItems|minItems|maxItems|uniqueItems|contains)$/,
  object:
    /^(properties|patternProperties|additionalProperties|propertyNames|required|minProperties|maxProperties|dependencies)$/,
}

/** One for each type that is listed, with the rules that mean something for it. */
function byType(schema: JsonSchema): readonly JsonSchema[] {
  const { const: literal, nullable, ...rest } = schema
  const plain = 'const' in schema ? { ...rest, enum: [literal] } : rest
  const types = typesOf(plain)
  if (types === undefined) return [plain]
  const all = nullable === true && !types.includes('null') ? [...types, 'null'] : types
  const ways = all.map((type): JsonSchema => {
    const kind = type === 'integer' ? 'number' : type
    const foreign = Object.entries(rulesOf).filter(([name]) => name !== kind)
    const kept = Object.entries(plain).filter(([key]) => !foreign.some(([, rules]) => rules.test(key)))
    const only = { ...Object.fromEntries(kept), type }
    if (!('enum' in plain) || types.length === 1) return only
    return { ...only, enum: listOf(plain['enum']).filter((value) => isOfType(value, type)) }
  })
  return ways.filter((way) => !('enum' in way) || listOf(way['enum']).length > 0)
}

function typesOf(schema: JsonSchema): readonly string[] | undefined {
  const { type } = schema
  if (Array.isArray(type)) return type.map(String)
  if (typeof type === 'string') return [type]
  if (!Array.isArray(schema['enum'])) return undefined
  return [...new Set(schema['enum'].map(literalType))]
}

function literalType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : literalType(value) === type
}

/** `{ const: 'a' }` or `{ const: 'b' }` is `{ enum: ['a', 'b'] }`. */
function literalsJoined(alternatives: readonly Alternative[]): readonly Alternative[] {
  const byKind = new Map<string, Alternative>()
  const others: Alternative[] = []
  for (const alternative of alternatives) {
    const { schema, document } = alternative
    if (!isLiteral(schema)) {
      others.push(alternative)
      continue
    }
    const type = typeOf(alternative)
    const known = listOf(byKind.get(type)?.schema['enum'])
    byKind.set(type, { schema: { type, enum: [...known, ...listOf(schema['enum'])] }, document })
  }
  return [...byKind.values(), ...others]
}

function isLiteral(schema: JsonSchema): boolean {
  return (
    'enum' in schema &&
    Object.keys(schema).every((key) => key === 'type' || key === 'enum' || annotations.has(key))
  )
}
