import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A sentence for what a library finds wrong: the path, what was expected, and the kind of what was received; never the value, which may be a secret. */
export function problemOf(issue: StandardSchemaV1.Issue, plain: unknown): string {
  const names = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const pointer = names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const value = valueAt(plain, names)
  return `${pointer}: ${expectation(issue, value)}, received ${kindOf(value)}`
}

/** What there is at a path, as far as it leads. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const name of path)
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, name)
        ? (at as Record<PropertyKey, unknown>)[name]
        : undefined
  return at
}

/** The kind of a value, which may be told to anybody. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

// Most libraries say what they expected; some quote what they received in their messages, and so may messages of the user's own.
function expectation(issue: StandardSchemaV1.Issue, value: unknown): string {
  const { expected } = issue as { readonly expected?: unknown }
  if (typeof expected === 'string') return `must be ${expected}`
  return mentions(issue.message, value) ? 'does not fit' : issue.message
}

function mentions(message: string, value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((part) => mentions(message, part))
  const isText = typeof value === 'string' || typeof value === 'number'
  return isText && value !== '' && message.includes(String(value))
}
