import type { JsonSchema } from '../../api/api-schema.ts'
import { alternativesOf, isSchema, propertiesOf, resolved, schemasIn, typesOf } from './schema-view.ts'

/** What kind of value a schema asks for, for people: `list of objects`, `"small" or "large"`, `date and time`. */
export function typeInWords(schema: JsonSchema, document: JsonSchema): string {
  return said(schema, document, 0).one
}

/** The rules beside the type, a phrase each: `1 to 20 characters`. */
export function rulesInWords(schema: JsonSchema, document: JsonSchema): readonly string[] {
  const at = resolved(schema, document)
  const number = (name: string): number | undefined => numberIn(at, name)
  const multipleOf = number('multipleOf')
  return [
    ...range(number('minimum'), number('maximum'), ''),
    ...bounds(number('exclusiveMinimum'), number('exclusiveMaximum')),
    ...(multipleOf === undefined ? [] : [`a multiple of ${multipleOf}`]),
    ...range(number('minLength'), number('maxLength'), 'character'),
    ...(typeof at['pattern'] === 'string' && !('format' in at) ? [`matches ${at['pattern']}`] : []),
    ...range(number('minItems'), number('maxItems'), 'item'),
    ...(at['uniqueItems'] === true ? ['no item twice'] : []),
    ...range(number('minProperties'), number('maxProperties'), 'entry'),
  ]
}

interface Words {
  readonly one: string
  readonly many: string
}

const deepest = 4

function said(schema: JsonSchema, document: JsonSchema, depth: number): Words {
  const at = resolved(schema, document)
  const alternatives = alternativesOf(at)
  if (depth > deepest) return words('anything', 'anything')
  if ('const' in at) return words(JSON.stringify(at['const']))
  if (Array.isArray(at['enum'])) return either(at['enum'].map((value) => words(JSON.stringify(value))))
  if (alternatives.length > 0) return either(alternatives.map((one) => said(one, document, depth + 1)))
  const types = typesOf(at)
  if (types.length > 1) return either(types.map((type) => ofType({ ...at, type }, type, document, depth)))
  return ofType(at, types[0] ?? guessed(at), document, depth)
}

function ofType(at: JsonSchema, type: string | undefined, document: JsonSchema, depth: number): Words {
  if (type === 'array') return list(at, document, depth)
  if (type === 'object') return object(at, document, depth)
  if (type === 'string') return text(at)
  if (type === 'null') return words('null')
  if (type === undefined) return words('anything', 'anything')
  return words(type)
}

function guessed(at: JsonSchema): string | undefined {
  if ('properties' in at) return 'object'
  return 'items' in at ? 'array' : undefined
}

function list(at: JsonSchema, document: JsonSchema, depth: number): Words {
  const places = schemasIn(Array.isArray(at['items']) ? at['items'] : at['prefixItems'])
  if (places.length > 0) {
    const each = places.map((place) => said(place, document, depth + 1).one).join(', ')
    return words(`list of exactly: ${each}`, `lists of exactly: ${each}`)
  }
  const { many } = isSchema(at['items'])
    ? said(at['items'], document, depth + 1)
    : words('anything', 'anything')
  return words(`list of ${many}`, `lists of ${many}`)
}

function object(at: JsonSchema, document: JsonSchema, depth: number): Words {
  const values = at['additionalProperties']
  if (!isSchema(values) || propertiesOf(at).length > 0) return words('object')
  const { many } = said(values, document, depth + 1)
  return words(`map of names to ${many}`, `maps of names to ${many}`)
}

const formats = new Map<unknown, Words>([
  ['date-time', words('date and time', 'dates with times')],
  ['date', words('date')],
  ['time', words('time of day', 'times of day')],
  ['duration', words('duration')],
  ['email', words('email address', 'email addresses')],
  ['uri', words('URL')],
  ['uuid', words('UUID')],
  ['ipv4', words('IPv4 address', 'IPv4 addresses')],
  ['ipv6', words('IPv6 address', 'IPv6 addresses')],
])

function text(at: JsonSchema): Words {
  const known = formats.get(at['format'])
  if (known) return known
  return at['contentEncoding'] === 'base64' ? words('bytes as base64', 'bytes as base64') : words('string')
}

function words(one: string, many = `${one}s`): Words {
  return { one, many }
}

function either(all: readonly Words[]): Words {
  const one = [...new Set(all.map((each) => each.one))].join(' or ')
  const many = [...new Set(all.map((each) => each.many))].join(' or ')
  const isValues = all.every((each) => each.many === `${each.one}s`) && /["\d]/.test(one)
  return { one, many: isValues ? one : many }
}

// Libraries write the bounds of safe integers, which say nothing about the value.
function numberIn(at: JsonSchema, name: string): number | undefined {
  const value = at[name]
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

function range(least: number | undefined, most: number | undefined, unit: string): readonly string[] {
  if (least === undefined && most === undefined) return []
  if (least === 0 && most === undefined && unit !== '') return []
  const units = (count: number): string =>
    unit === '' ? '' : ` ${count === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`
  if (least === undefined) return [`at most ${most}${units(most ?? 0)}`]
  if (most === undefined) return [`at least ${least}${units(least)}`]
  return least === most ? [`exactly ${least}${units(least)}`] : [`${least} to ${most}${units(most)}`]
}

function bounds(above: number | undefined, below: number | undefined): readonly string[] {
  return [
    ...(above === undefined ? [] : [`more than ${above}`]),
    ...(below === undefined ? [] : [`less than ${below}`]),
  ]
}
