import type { ResultMessage, RpcMessage } from '@lightbus/core/transport'

/** A message that was read, or why it cannot be, with those of its texts that could be made out nevertheless. */
export type Read<T> =
  | { readonly message: T; readonly why?: undefined }
  | { readonly message?: undefined; readonly why: string; textOf(field: string): string | undefined }

/** Reads a call. */
export function readCall(raw: string): Read<RpcMessage> {
  return read(raw, {
    texts: ['id', 'apiName', 'procedureName', 'returnPath'],
    objects: ['parameters', 'headers'],
  })
}

/** Reads a result. */
export function readResult(raw: string): Read<ResultMessage> {
  const found = read<ResultMessage>(raw, { texts: ['id', 'callId'], objects: ['headers', 'outcome'] })
  const outcome = found.message?.outcome
  if (!outcome || (outcome.type === 'value' ? 'value' in outcome : isObject(outcome.error))) return found
  return { why: 'its outcome is neither a value nor an error', textOf: (field) => textIn(raw, field) }
}

function read<T>(
  raw: string,
  fields: { readonly texts: readonly string[]; readonly objects: readonly string[] },
): Read<T> {
  const unreadable = (why: string): Read<T> => ({ why, textOf: (field) => textIn(raw, field) })
  let parsed: unknown
  try {
    parsed = JSON.parse(raw)
  } catch {
    // What the parser says quotes the text, which may hold a secret.
    return unreadable('it is no JSON')
  }
  if (!isObject(parsed)) return unreadable('it is no object')
  for (const field of fields.texts)
    if (typeof parsed[field] !== 'string') return unreadable(`its ${field} is no text`)
  for (const field of fields.objects)
    if (!isObject(parsed[field])) return unreadable(`its ${field} is no object`)
  return { message: parsed as T }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of what may be no JSON at all. */
function textIn(raw: string, field: string): string | undefined {
  const [, quoted] = new RegExp(`"${field}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(raw) ?? []
  try {
    return quoted === undefined ? undefined : (JSON.parse(quoted) as string)
  } catch {
    return undefined
  }
}
