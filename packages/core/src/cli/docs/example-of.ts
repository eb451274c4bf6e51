import { Ajv } from 'ajv'
import type { JsonSchema } from '../../api/api-schema.ts'
import {
  alternativesOf,
  isSchema,
  propertiesOf,
  requires,
  resolved,
  schemasIn,
  typesOf,
} from './schema-view.ts'

// A pattern of a stranger may take for ever over a long text, which is then taken as it is.
const longestTried = 20
const regExp = Object.assign(
  (pattern: string, flags: string) => {
    const expression = new RegExp(pattern, flags)
    const test = (text: string): boolean => text.length > longestTried || expression.test(text)
    // The validator tells one from another by its text.
    return { test, toString: () => String(expression) }
  },
  { code: 'regExp' },
)
const ajv = new Ajv({
  strict: false,
  validateFormats: false,
  validateSchema: false,
  logger: false,
  code: { regExp },
})

/**
 * A value that the schema takes: its own example or default where it has one, made up where it has none. Undefined where what is made up
 * does not fit, as with most patterns.
 */
export function exampleOf(document: JsonSchema): unknown {
  const example = made(document, document, 0)
  return fits(document, example) ? example : undefined
}

function fits(document: JsonSchema, example: unknown): boolean {
  try {
    const { $schema: _, $id: __, ...rest } = document
    return ajv.validate(rest, example)
  } catch {
    return false
  }
}

const deepest = 6

function made(schema: JsonSchema, document: JsonSchema, depth: number): unknown {
  const given = givenIn(schema)
  if (given) return given.value
  const at = resolved(schema, document)
  const found = givenIn(at)
  if (found) return found.value
  const alternatives = alternativesOf(at)
  const [first] = alternatives.filter((one) => typesOf(resolved(one, document))[0] !== 'null')
  if (first) return made(depth > deepest ? (alternatives.at(-1) ?? first) : first, document, depth + 1)
  const types = typesOf(at)
  const type = types.find((each) => each !== 'null') ?? types[0]
  if (type === 'array' || (type === undefined && 'items' in at)) return list(at, document, depth)
  if (type === 'object' || (type === undefined && 'properties' in at)) return object(at, document, depth)
  if (type === 'string') return text(at)
  if (type === 'integer' || type === 'number') return number(at, type)
  return type === 'boolean' ? true : type === 'null' ? null : 'anything'
}

function givenIn(at: JsonSchema): { readonly value: unknown } | undefined {
  const { examples, example, enum: values } = at
  if (Array.isArray(examples) && examples.length > 0) return { value: examples[0] as unknown }
  if (example !== undefined) return { value: example }
  if ('default' in at) return { value: at['default'] }
  if ('const' in at) return { value: at['const'] }
  return Array.isArray(values) && values.length > 0 ? { value: values[0] as unknown } : undefined
}

function list(at: JsonSchema, document: JsonSchema, depth: number): readonly unknown[] {
  const places = schemasIn(Array.isArray(at['items']) ? at['items'] : at['prefixItems'])
  if (places.length > 0) return places.map((place) => made(place, document, depth + 1))
  const least = typeof at['minItems'] === 'number' ? Math.min(at['minItems'], 5) : 0
  const count = depth > 3 ? least : Math.max(least, 1)
  const items = isSchema(at['items']) ? at['items'] : {}
  return Array.from({ length: depth > deepest ? 0 : count }, () => made(items, document, depth + 1))
}

// What may be left out is shown as well, but for what is deep inside, where a shape may contain itself.
function object(at: JsonSchema, document: JsonSchema, depth: number): object {
  if (depth > deepest) return {}
  const values = at['additionalProperties']
  if (isSchema(values) && propertiesOf(at).length === 0 && depth <= 3)
    return { name: made(values, document, depth + 1) }
  const shown = propertiesOf(at).filter(([name]) => depth <= 3 || requires(at, name))
  return Object.fromEntries(shown.map(([name, property]) => [name, made(property, document, depth + 1)]))
}

const formats = new Map<unknown, string>([
  ['date-time', '2025-01-31T09:30:00Z'],
  ['date', '2025-01-31'],
  ['time', '09:30:00Z'],
  ['duration', 'PT5M'],
  ['email', 'sally@example.com'],
  ['uri', 'https://example.com/'],
  ['url', 'https://example.com/'],
  ['hostname', 'example.com'],
  ['uuid', '3f0c2a52-6f5b-4b0e-9d35-1d6a0c1f7b1e'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
])

function text(at: JsonSchema): string {
  const known = formats.get(at['format'])
  if (known !== undefined) return known
  if (at['contentEncoding'] === 'base64') return 'aGVsbG8='
  if (typeof at['pattern'] === 'string') return matching(at['pattern']) ?? 'text'
  const least = typeof at['minLength'] === 'number' ? Math.min(at['minLength'], 200) : 0
  const most = typeof at['maxLength'] === 'number' ? at['maxLength'] : Infinity
  return 'text'.padEnd(least, ' text').slice(0, most)
}

// What most patterns ask for: digits or letters of some length, or words with something between.
const candidates = [
  ...Array.from({ length: 12 }, (_, index) => '123456789012'.slice(0, index + 1)),
  ...Array.from({ length: 6 }, (_, index) => 'ABCDEF'.slice(0, index + 1)),
  ...Array.from({ length: 6 }, (_, index) => 'abcdef'.slice(0, index + 1)),
  'A1',
  'AB-12',
  'ABC-123',
  'AB-1234',
  'abc-123',
  'abc_def',
  '12.50',
  '1234 AB',
  '+31201234567',
  '#1a2b3c',
  '/path',
]

function matching(pattern: string): string | undefined {
  try {
    const expression = new RegExp(pattern, 'u')
    return candidates.find((candidate) => expression.test(candidate))
  } catch {
    return undefined
  }
}

function number(at: JsonSchema, type: 'integer' | 'number'): number {
  const bound = (name: string): number | undefined => {
    const value = at[name]
    return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
  }
  const step = bound('multipleOf') ?? 1
  const least = bound('minimum') ?? after(bound('exclusiveMinimum'), step)
  const most = bound('maximum') ?? after(bound('exclusiveMaximum'), -step)
  const value = Math.min(Math.max(step, least ?? step), most ?? Infinity)
  return type === 'integer' ? Math.ceil(value) : value
}

function after(bound: number | undefined, step: number): number | undefined {
  return bound === undefined ? undefined : bound + step
}
