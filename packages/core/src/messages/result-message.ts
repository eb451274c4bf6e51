import { randomUUID } from 'node:crypto'
import { isBusError } from '../errors/define-error.ts'
import type { Headers, PlainValue } from './plain-values.ts'

/** What went wrong at the server, as it travels to the caller. */
export interface RemoteError {
  /** The error's text. */
  readonly message: string
  /** Its class, such as `RangeError`. */
  readonly type?: string
  /** A stable code: one of the catalogue, or of the service's own. */
  readonly code?: string
  /** What the service attached as `data`. */
  readonly data?: PlainValue
  /** The remote stack, bounded. */
  readonly trace?: string
}

/** The answer to a call: a value or an error. */
export interface ResultMessage {
  readonly id: string
  /** The id of the call that it answers. */
  readonly callId: string
  readonly headers: Headers
  readonly outcome: ResultOutcome
}

export type ResultOutcome =
  | { readonly type: 'value'; readonly value: PlainValue }
  | { readonly type: 'error'; readonly error: RemoteError }

/** Makes the answer to a call. */
export function createResult(callId: string, outcome: ResultOutcome, headers: Headers = {}): ResultMessage {
  return { id: randomUUID(), callId, headers, outcome }
}

const longestTrace = 8_192

/** Whatever a procedure threw, errors or not, as opposed to what the bus found wrong with its call. */
export class ProcedureFailure {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    this.thrown = thrown
  }
}

/** What the caller is told of a call that failed. Data that cannot travel stays here. */
export function remoteErrorOf(failure: unknown, plain: (data: unknown) => PlainValue): RemoteError {
  const isOfProcedure = failure instanceof ProcedureFailure
  const thrown: unknown = isOfProcedure ? failure.thrown : failure
  if (!(thrown instanceof Error)) return { message: String(thrown) }
  const { code, data } = thrown as { code?: unknown; data?: unknown }
  // An error that a procedure got from a call of its own says nothing about the call that it answers.
  const busErrorType = isOfProcedure ? 'NestedBusError' : 'BusError'
  return {
    message: thrown.message,
    type: isBusError(thrown) ? busErrorType : thrown.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(data === undefined ? {} : { data: travelling(data, plain) }),
    ...(thrown.stack === undefined ? {} : { trace: thrown.stack.slice(0, longestTrace) }),
  }
}

function travelling(data: unknown, plain: (data: unknown) => PlainValue): PlainValue {
  try {
    return plain(data)
  } catch {
    return String(data)
  }
}
