import {
  callUndecodable,
  resultUndecodable,
  type BusError,
  type Headers,
  type Parameters,
  type PlainValue,
  type RemoteError,
  type ResultMessage,
  type RpcMessage,
} from '@lightbus/core/transport'

// What Python's results have no place for: an error's type, code and data, as JSON.
const errorHeader = 'lightbus-error'

type Fields = Readonly<Record<string, unknown>>

/** A message, or why there is none with as much of it as could be read. */
export type Decoded<T> = { readonly message: T; readonly error?: undefined } | Unreadable

/** Why there is no message, with what could be read of its metadata. */
export interface Unreadable {
  readonly message?: undefined
  readonly error: BusError
  readonly metadata: Fields
}

export function encodeCall(call: RpcMessage): string {
  return JSON.stringify({
    metadata: {
      id: call.id,
      api_name: call.apiName,
      procedure_name: call.procedureName,
      return_path: call.returnPath,
    },
    kwargs: call.parameters,
    headers: ifAny(call.headers),
  })
}

export function decodeCall(blob: string): Decoded<RpcMessage> {
  const { metadata, kwargs, headers, why } = open(blob)
  try {
    if (why !== undefined) throw new Error(why)
    const message = {
      id: text(metadata, 'id'),
      apiName: text(metadata, 'api_name'),
      procedureName: text(metadata, 'procedure_name'),
      returnPath: text(metadata, 'return_path'),
      parameters: kwargs as Parameters,
      headers,
    }
    return { message }
  } catch (error) {
    return { error: callUndecodable({ why: (error as Error).message }), metadata }
  }
}

export function encodeResult(result: ResultMessage): string {
  const { outcome } = result
  return outcome.type === 'error'
    ? resultBlob(result, outcome.error.message, outcome.error)
    : resultBlob(result, outcome.value)
}

function resultBlob({ id, callId, headers }: ResultMessage, result: PlainValue, error?: RemoteError): string {
  return JSON.stringify({
    metadata: { id, rpc_message_id: callId, error: error !== undefined, trace: error?.trace },
    kwargs: { result },
    headers: ifAny(error ? withError(headers, error) : headers),
  })
}

function withError(headers: Headers, { type, code, data }: RemoteError): Headers {
  const extra = JSON.stringify({ type, code, data })
  return extra === '{}' ? headers : { ...headers, [errorHeader]: extra }
}

export function decodeResult(blob: string): Decoded<ResultMessage> {
  const { metadata, kwargs, headers, why } = open(blob)
  try {
    if (why !== undefined) throw new Error(why)
    const { [errorHeader]: extra, ...rest } = headers
    const value = kwargs['result'] as PlainValue | undefined
    if (value === undefined) throw new Error('it has no result')
    const message: ResultMessage = {
      id: text(metadata, 'id'),
      callId: text(metadata, 'rpc_message_id'),
      headers: rest,
      outcome:
        metadata['error'] === true
          ? { type: 'error', error: remoteError(value, metadata['trace'], extra) }
          : { type: 'value', value },
    }
    return { message }
  } catch (error) {
    return { error: resultUndecodable({ why: (error as Error).message }), metadata }
  }
}

function remoteError(value: PlainValue, trace: unknown, extra: string | undefined): RemoteError {
  const { type, code, data } = extra === undefined ? {} : parsed(extra)
  return {
    message: typeof value === 'string' ? value : JSON.stringify(value),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(data === undefined ? {} : { data }),
    ...(typeof trace === 'string' ? { trace } : {}),
  }
}

function parsed(extra: string): Partial<RemoteError> {
  try {
    return JSON.parse(extra) as Partial<RemoteError>
  } catch {
    // What the parser says quotes the text, which may hold a secret.
    throw new Error(`its header ${errorHeader} is no JSON`)
  }
}

// What is undefined is not written.
function ifAny(headers: Headers): Headers | undefined {
  for (const _ in headers) return headers
  return undefined
}

function open(blob: string): { metadata: Fields; kwargs: Fields; headers: Headers; why?: string } {
  let content: unknown
  try {
    content = JSON.parse(blob)
  } catch {
    return { metadata: {}, kwargs: {}, headers: {}, why: 'it is no JSON' }
  }
  const { metadata, kwargs, headers } = fields(content) ?? {}
  const parts = { metadata: fields(metadata) ?? {}, kwargs: fields(kwargs) ?? {}, headers: texts(headers) }
  if (!fields(metadata)) return { ...parts, why: 'it has no metadata' }
  return fields(kwargs) ? parts : { ...parts, why: 'it has no kwargs' }
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function texts(value: unknown): Headers {
  if (value === undefined) return {}
  return Object.fromEntries(
    Object.entries(fields(value) ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

function text(metadata: Fields, name: string): string {
  const value = metadata[name]
  if (typeof value !== 'string' || value === '') throw new Error(`its metadata has no ${name}`)
  return value
}
