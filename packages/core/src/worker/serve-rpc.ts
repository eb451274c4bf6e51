import type { Log } from '../contracts/log.ts'
import type { RpcDelivery } from '../contracts/rpc-transport.ts'
import type { ResultTransport } from '../contracts/result-transport.ts'
import { callTimeout, procedureUnknown } from '../errors/catalogue.ts'
import type { Parameters, PlainValue } from '../messages/plain-values.ts'
import { toPlain } from '../messages/plain-values.ts'
import { createResult, remoteErrorOf, type ResultOutcome } from '../messages/result-message.ts'
import { procedurePath, type RpcMessage } from '../messages/rpc-message.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import type { Clock } from '../util/clock.ts'
import { nearest } from '../util/nearest.ts'
import { logWith, type HandlerContext, type MessageScope } from './handler-context.ts'

/** The user's function for a procedure. */
export type ProcedureHandler = (parameters: never, context: HandlerContext) => unknown

export interface ServeRpcParts {
  readonly validator: MessageValidator
  readonly log: Log
  readonly clock: Clock
  readonly scope: () => MessageScope
  /** What implements an API, built in the scope of the message. */
  readonly implementation: (
    apiName: string,
    scope: MessageScope,
  ) => Readonly<Record<string, ProcedureHandler>>
  readonly results: (apiName: string) => Promise<ResultTransport>
}

/** Check, execute, answer: the whole way of a call through its server. Never rejects: an error goes to the caller as the result. */
export async function serveRpc(
  parts: ServeRpcParts,
  delivery: RpcDelivery,
  forced: AbortSignal,
): Promise<void> {
  try {
    if (delivery.call)
      await answer(parts, delivery.call, await execute(parts, delivery.call, delivery, forced))
  } catch (error) {
    parts.log.error(
      { err: error, call: delivery.call && procedurePath(delivery.call) },
      'A result could not be sent',
    )
  } finally {
    delivery.done()
  }
}

/** Tells the caller of a call that cannot be read, on the API's result transport. */
export async function refuseUndecodable(
  parts: ServeRpcParts,
  apiName: string,
  delivery: Extract<RpcDelivery, { undecodable: object }>,
): Promise<void> {
  parts.log.error({ err: delivery.undecodable }, 'A call could not be read')
  try {
    if (!delivery.answer) return
    const outcome: ResultOutcome = { type: 'error', error: remoteErrorOf(delivery.undecodable, toPlain) }
    const results = await parts.results(apiName)
    await results.send(createResult(delivery.answer.callId, outcome), delivery.answer.returnPath)
  } catch (error) {
    parts.log.error({ err: error }, 'A result could not be sent')
  } finally {
    delivery.done()
  }
}

async function answer(parts: ServeRpcParts, call: RpcMessage, outcome: ResultOutcome): Promise<void> {
  const results = await parts.results(call.apiName)
  await results.send(createResult(call.id, outcome), call.returnPath)
}

interface Limits {
  readonly remainingMs: number
  readonly cancelled?: AbortSignal
}

async function execute(
  parts: ServeRpcParts,
  call: RpcMessage,
  limits: Limits,
  forced: AbortSignal,
): Promise<ResultOutcome> {
  const expiry = new AbortController()
  const procedure = procedurePath(call)
  const cancel = parts.clock.after(limits.remainingMs, () =>
    expiry.abort(callTimeout({ procedure, timeoutMs: limits.remainingMs, servers: 'some' })),
  )
  const signals = [forced, expiry.signal, ...(limits.cancelled ? [limits.cancelled] : [])]
  const scope = parts.scope()
  try {
    const value = await run(parts, call, limits, AbortSignal.any(signals), scope)
    return { type: 'value', value: parts.validator.result(call, value, 'outgoing') }
  } catch (error) {
    parts.log.error({ err: error, call: procedure, id: call.id }, `Procedure "${procedure}" failed`)
    return { type: 'error', error: remoteErrorOf(error, toPlain) }
  } finally {
    cancel()
    await scope.dispose()
  }
}

async function run(
  parts: ServeRpcParts,
  call: RpcMessage,
  { remainingMs }: Limits,
  signal: AbortSignal,
  scope: MessageScope,
): Promise<PlainValue> {
  const parameters = parts.validator.call(call, 'incoming')
  const procedures = parts.implementation(call.apiName, scope)
  const name = call.procedureName
  const handler = name in Object.prototype ? undefined : procedures[name]
  if (typeof handler !== 'function')
    throw procedureUnknown({
      api: call.apiName,
      procedure: name,
      nearest: nearest(name, Object.keys(procedures)),
    })
  const context: HandlerContext = {
    message: { id: call.id, name: procedurePath(call), version: 1, headers: call.headers },
    attempt: 1,
    signal,
    deadline: new Date(parts.clock.now() + remainingMs),
    log: logWith(parts.log, { call: procedurePath(call), id: call.id }),
    resolve: (token) => scope.resolve(token),
  }
  // Called as a method, since a class reaches its dependencies through `this`.
  const result = await handler.call(procedures, parameters as Parameters as never, context)
  return result === undefined ? null : toPlain(result)
}
