import type { ErrorObject } from 'ajv'
import { durationSchema } from '../util/duration.ts'
import { nearest } from '../util/nearest.ts'

type Path = readonly (string | number)[]
type LineOf = (path: Path) => number | undefined

/** `apis.default.rpc_timeout (line 7): problem`, without the line where there is none. */
export function atPath(path: Path, line: LineOf, problem: string): string {
  return `${placeOf(path, line)}: ${problem}`
}

/** `apis.default.rpc_timeout (line 7)`, without the line where there is none. */
export function placeOf(path: Path, line: LineOf): string {
  const number = line(path)
  return `${written(path) || 'the whole'}${number === undefined ? '' : ` (line ${number})`}`
}

/** API names have dots, and packages slashes: such keys stand in brackets. */
function written(path: Path): string {
  const parts = path.map((key) => (/^[\w-]+$/.test(String(key)) ? `.${key}` : `[${JSON.stringify(key)}]`))
  return parts.join('').replace(/^\./, '')
}

/** The path that a JSON pointer means. */
export function pathOf(pointer: string): string[] {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/**
 * The mistakes that ajv (`verbose`) found, as lines in the order of the file. They name keys and types but never quote
 * a value, which may be a secret.
 */
export function describeErrors(errors: readonly ErrorObject[], line: LineOf): string[] {
  const found = errors.map((error) => {
    const path = pathOfError(error)
    return { line: line(path) ?? 0, text: atPath(path, line, sentenceOf(error)) }
  })
  found.sort((one, other) => one.line - other.line)
  return [...new Set(found.map(({ text }) => text))]
}

function pathOfError(error: ErrorObject): string[] {
  const path = pathOf(error.instancePath)
  const { additionalProperty, missingProperty } = error.params as Record<string, string | undefined>
  const key = additionalProperty ?? missingProperty
  return key === undefined ? path : [...path, key]
}

function sentenceOf(error: ErrorObject): string {
  const parameters = error.params as Readonly<Record<string, unknown>>
  const schema = (error.parentSchema ?? {}) as Readonly<Record<string, unknown>>
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(parameters['additionalProperty']), schema)
    case 'required':
      return 'is missing'
    case 'enum':
      return `must be one of ${(parameters['allowedValues'] as unknown[]).join(', ')}`
    case 'minProperties':
    case 'maxProperties':
      return 'must name exactly one transport'
    case 'type':
      return `must be ${isDuration(schema) ? aDuration : typesOf(parameters['type'])}, found ${typeOf(error.data)}`
    case 'pattern':
      return isDuration(schema) ? `must be ${aDuration}, found other text` : (error.message ?? 'is wrong')
    default:
      return error.message ?? `breaks the rule "${error.keyword}"`
  }
}

function unknownKey(key: string, schema: Readonly<Record<string, unknown>>): string {
  const known = Object.keys(schema['properties'] ?? {})
  const near = nearest(key, known)
  return `unknown key; ${near ? `did you mean "${near}"?` : `known are ${known.join(', ')}`}`
}

const aDuration = 'a length of time (seconds, or with a unit: 500ms, 5s, 2m)'

function isDuration(schema: Readonly<Record<string, unknown>>): boolean {
  return schema['pattern'] === durationSchema.pattern
}

function typesOf(type: unknown): string {
  const types = Array.isArray(type) ? (type as unknown[]) : [type]
  return types.map((each) => names.get(String(each)) ?? String(each)).join(' or ')
}

function typeOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return names.get(typeof value) ?? `a ${typeof value}`
}

const names: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['boolean', 'true or false'],
  ['number', 'number'],
  ['integer', 'integer'],
  ['object', 'a section'],
  ['array', 'a list'],
  ['null', 'nothing'],
])
