import { randomUUID } from 'node:crypto'
import type { Headers, Parameters } from './plain-values.ts'

/** A question to the service that serves the API: executed at most once. */
export interface RpcMessage {
  /** Opaque and unique; the result names it. */
  readonly id: string
  readonly apiName: string
  readonly procedureName: string
  readonly parameters: Parameters
  readonly headers: Headers
  /** Where the result is to go; given by the caller's result transport, opaque to everybody else. */
  readonly returnPath: string
}

/** The call as its caller makes it, before the result transport has said where the result is to go. */
export type UnaddressedCall = Omit<RpcMessage, 'returnPath'>

/** Makes a call, with an id of its own. */
export function createCall({
  apiName,
  procedureName,
  parameters,
  headers = {},
}: {
  readonly apiName: string
  readonly procedureName: string
  readonly parameters: Parameters
  readonly headers?: Headers | undefined
}): UnaddressedCall {
  return { id: randomUUID(), apiName, procedureName, parameters, headers }
}

/** The header that carries a call's idempotency key: calls of a procedure with the same one are executed once. */
export const idempotencyKeyHeader = 'idempotency-key'

/** `api.procedure`, as users write it. */
export function procedurePath(call: { readonly apiName: string; readonly procedureName: string }): string {
  return `${call.apiName}.${call.procedureName}`
}
