import { isDeepStrictEqual } from 'node:util'
import type { ApiSchema, JsonSchema } from './api-schema.ts'

/** A difference between two versions of an API's schema. */
export interface SchemaChange {
  /** Where: `events.placed.parameters.total`, `rpcs.add.response`. */
  readonly path: string
  /** Whether those who know the version before may be surprised. */
  readonly kind: 'breaking' | 'compatible'
  /** Whom it concerns: those who call procedures, or those who listen for events. */
  readonly for: 'callers' | 'listeners'
  readonly why: string
}

/**
 * What has changed from one version to the next, for those who still know the one before (C9). Where the owner takes values (parameters of a
 * procedure) it breaks somebody to take less; where it gives them (events, results) it breaks somebody to give more than was promised. A rule that
 * cannot be weighed counts as breaking when it changes.
 */
export function classifySchemaChange(before: ApiSchema, after: ApiSchema): readonly SchemaChange[] {
  return [
    ...compareMembers({ path: 'events', whom: 'listeners' }, before.events, after.events, (at, one, other) =>
      compareValues(parametersAt(at, 'given'), one.parameters, other.parameters),
    ),
    ...compareMembers({ path: 'rpcs', whom: 'callers' }, before.rpcs, after.rpcs, (at, one, other) => [
      ...compareValues(parametersAt(at, 'taken'), one.parameters, other.parameters),
      ...compareValues({ ...at, path: `${at.path}.response`, flow: 'given' }, one.response, other.response),
    ]),
  ]
}

interface Place {
  readonly path: string
  readonly whom: SchemaChange['for']
}

/** A place of a value, with the way it goes: taken by the owner, or given by it. */
interface ValuePlace extends Place {
  readonly flow: 'taken' | 'given'
}

type Members<T> = Readonly<Record<string, T>>

function compareMembers<T>(
  { path, whom }: Place,
  before: Members<T>,
  after: Members<T>,
  within: (at: Place, before: T, after: T) => readonly SchemaChange[],
): readonly SchemaChange[] {
  return namesOf(before, after).flatMap((name) => {
    const at = { path: `${path}.${name}`, whom }
    const [one, other] = [own(before, name), own(after, name)]
    if (one === undefined) return [change(at, 'compatible', 'it was added')]
    if (other === undefined) return [change(at, 'breaking', 'it was removed')]
    return within(at, one, other)
  })
}

function parametersAt({ path, whom }: Place, flow: ValuePlace['flow']): ValuePlace {
  return { path: `${path}.parameters`, whom, flow }
}

function compareValues(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  return [
    ...compareTypes(at, before, after),
    ...compareEnums(at, before, after),
    ...compareProperties(at, before, after),
    ...compareItems(at, before, after),
    ...compareRules(at, before, after),
  ]
}

function compareTypes(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  if (isDeepStrictEqual(before['type'], after['type'])) return []
  const [one, other] = [typesOf(before), typesOf(after)]
  const why = `its type changed from ${listed(one)} to ${listed(other)}`
  return [weighed(at, { grew: includesAll(other, one), shrank: includesAll(one, other) }, why)]
}

function compareEnums(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  const [one, other] = [before['enum'], after['enum']] as readonly (readonly unknown[] | undefined)[]
  const has = (all: readonly unknown[], value: unknown): boolean =>
    all.some((each) => isDeepStrictEqual(each, value))
  const isLost = one?.some((value) => other && !has(other, value)) ?? false
  const isNew = other?.some((value) => one && !has(one, value)) ?? false
  const grew = isNew || (one !== undefined && other === undefined)
  const shrank = isLost || (one === undefined && other !== undefined)
  if (!grew && !shrank) return []
  const why = grew && shrank ? 'changed' : grew ? 'became more' : 'became fewer'
  return [weighed(at, { grew: !shrank, shrank: !grew }, `its allowed values ${why}`)]
}

function compareProperties(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  const [one, other] = [propertiesOf(before), propertiesOf(after)]
  return namesOf(one, other).flatMap((name) => {
    const here = { ...at, path: `${at.path}.${name}` }
    const [was, is] = [own(one, name), own(other, name)]
    const [wasRequired, isRequired] = [requires(before, name), requires(after, name)]
    if (was === undefined) {
      const isMissed = at.flow === 'taken' && isRequired
      return [
        change(here, isMissed ? 'breaking' : 'compatible', `it was added${isRequired ? ', required' : ''}`),
      ]
    }
    if (is === undefined) {
      const isMissed = at.flow === 'given' || after['additionalProperties'] === false
      return [change(here, isMissed ? 'breaking' : 'compatible', 'it was removed')]
    }
    const presence =
      wasRequired === isRequired
        ? []
        : [
            weighed(
              here,
              { grew: wasRequired, shrank: isRequired },
              `it became ${isRequired ? 'required' : 'optional'}`,
            ),
          ]
    return [...presence, ...compareValues(here, was, is)]
  })
}

function compareItems(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  const [one, other] = [before['items'], after['items']]
  if (isSchema(one) && isSchema(other)) return compareValues({ ...at, path: `${at.path}[]` }, one, other)
  return compareRule(at, 'items', one, other)
}

// What says nothing about which values fit, and what is compared above.
const weighedElsewhere = new Set(
  '$schema $id $comment title description default examples deprecated readOnly writeOnly type enum properties required items'.split(
    ' ',
  ),
)

function compareRules(at: ValuePlace, before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
  return namesOf(before, after)
    .filter((rule) => !weighedElsewhere.has(rule))
    .flatMap((rule) => compareRule(at, rule, before[rule], after[rule]))
}

function compareRule(at: ValuePlace, rule: string, before: unknown, after: unknown): readonly SchemaChange[] {
  if (isDeepStrictEqual(before, after)) return []
  const what = before === undefined ? 'was added' : after === undefined ? 'was removed' : 'changed'
  return [
    weighed(at, { grew: after === undefined, shrank: before === undefined }, `its rule "${rule}" ${what}`),
  ]
}

/** Whether what fits became more, or less; neither when that cannot be told. */
function weighed(
  at: ValuePlace,
  { grew, shrank }: { readonly grew: boolean; readonly shrank: boolean },
  why: string,
): SchemaChange {
  const isHarmless = at.flow === 'taken' ? grew : shrank
  return change(at, isHarmless ? 'compatible' : 'breaking', why)
}

function change({ path, whom }: Place, kind: SchemaChange['kind'], why: string): SchemaChange {
  return { path, kind, for: whom, why }
}

function namesOf(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
}

function own<T>(members: Members<T>, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

function propertiesOf(schema: JsonSchema): Members<JsonSchema> {
  return (schema['properties'] ?? {}) as Members<JsonSchema>
}

function requires(schema: JsonSchema, name: string): boolean {
  return ((schema['required'] ?? []) as readonly string[]).includes(name)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const everyType = ['string', 'number', 'boolean', 'null', 'array', 'object']

function typesOf({ type = everyType }: JsonSchema): readonly string[] {
  return (Array.isArray(type) ? type : [type]) as readonly string[]
}

// An integer is a number as well.
function includesAll(types: readonly string[], others: readonly string[]): boolean {
  return others.every((type) => types.includes(type) || (type === 'integer' && types.includes('number')))
}

function listed(types: readonly string[]): string {
  return types === everyType ? 'any' : types.join(' or ')
}
