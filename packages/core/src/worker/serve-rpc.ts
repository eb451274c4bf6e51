import type { Log } from '../contracts/log.ts'
import type { OutcomeStore, RpcDelivery } from '../contracts/rpc-transport.ts'
import type { ResultTransport } from '../contracts/result-transport.ts'
import { callBusy, procedureUnknown } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import { toPlain } from '../messages/plain-values.ts'
import {
  createResult,
  ProcedureFailure,
  remoteErrorOf,
  type ResultOutcome,
} from '../messages/result-message.ts'
import { Surroundings, withinContext } from '../messages/message-context.ts'
import { procedurePath, type RpcMessage } from '../messages/rpc-message.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { isPromise } from '../util/is-promise.ts'
import { nearest } from '../util/nearest.ts'
import type { CallSlot, CallSlots } from './call-slots.ts'
import { CallTime, type ReadableDelivery } from './call-time.ts'
import { executeOnce } from './execute-once.ts'
import { PreparedContext, type HandlerContext, type MessageScope } from './handler-context.ts'

/** The user's function for a procedure. */
export type ProcedureHandler = (parameters: never, context: HandlerContext) => unknown

export interface ServeRpcParts {
  readonly validator: MessageValidator
  readonly log: Log
  readonly clock: Clock
  readonly slots: CallSlots
  /** Where the outcomes of calls with an idempotency key are, if the transport keeps them. */
  readonly outcomes: OutcomeStore | undefined
  readonly scope: () => MessageScope
  readonly plugins: PluginChain
  /** Names of headers that go from a call to what its procedure fires and calls. */
  readonly carriedHeaders: readonly string[]
  /** What implements an API, built in the scope of the message. */
  readonly implementation: (
    apiName: string,
    scope: MessageScope,
  ) => Readonly<Record<string, ProcedureHandler>>
  readonly results: (apiName: string) => ResultTransport | Promise<ResultTransport>
}

/**
 * Check, wait for a slot, execute, answer: the whole way of a call through its server. Never rejects: an error goes to the caller as the
 * result. A call whose time is over before it has a slot is never executed.
 */
export async function serveRpc(
  parts: ServeRpcParts,
  delivery: ReadableDelivery,
  forced: AbortSignal,
): Promise<void> {
  const { call } = delivery
  const time = new CallTime(parts.clock, delivery, forced)
  try {
    const outcome = await outcomeOf(parts, call, time)
    if (outcome) await answer(parts, call, outcome, time)
  } catch (error) {
    parts.log.error({ err: error, call: procedurePath(call), id: call.id }, 'A result could not be sent')
  } finally {
    time.end()
    delivery.done()
  }
}

/** Tells the caller of a call that cannot be read, on the API's result transport. */
export async function refuseUndecodable(
  parts: ServeRpcParts,
  apiName: string,
  delivery: Extract<RpcDelivery, { undecodable: object }>,
): Promise<void> {
  const facts = { id: delivery.answer?.callId }
  parts.log.error({ err: delivery.undecodable, ...facts }, 'A call could not be read')
  try {
    if (!delivery.answer) return
    const outcome: ResultOutcome = { type: 'error', error: remoteErrorOf(delivery.undecodable, toPlain) }
    const results = await parts.results(apiName)
    await results.send(createResult(delivery.answer.callId, outcome), delivery.answer.returnPath)
  } catch (error) {
    parts.log.error({ err: error, ...facts }, 'A result could not be sent')
  } finally {
    delivery.done()
  }
}

// For as long as the caller waits: a connection that was lost may be back in time, and of two results the first one counts.
async function answer(
  parts: ServeRpcParts,
  call: RpcMessage,
  outcome: ResultOutcome,
  time: CallTime,
): Promise<void> {
  const found = parts.results(call.apiName)
  const results = 'then' in found ? await found : found
  const result = createResult(call.id, outcome)
  for (let attempt = 1; ; attempt++) {
    try {
      return await results.send(result, call.returnPath)
    } catch (error) {
      if (!isBusError(error) || !error.retriable || time.isOver) throw error
    }
    await sleep(parts.clock, backoffMs(attempt, patience), time.signal)
  }
}

const patience = { baseMs: 50, maxMs: 1_000 }

// Undefined for a call that was over before it began: nobody waits for its answer.
async function outcomeOf(
  parts: ServeRpcParts,
  call: RpcMessage,
  time: CallTime,
): Promise<ResultOutcome | undefined> {
  let slot: CallSlot | undefined
  try {
    const parameters = parts.validator.call(call, 'incoming')
    if (!time.isOver) slot = parts.slots.free(call) ?? (await parts.slots.take(call, time.signal))
    if (!slot) {
      parts.log.debug(
        { call: procedurePath(call), id: call.id },
        'A call was not executed, since its time was over before it could start',
      )
      return undefined
    }
    return { type: 'value', value: await execution(parts, { ...call, parameters }, time, slot) }
  } catch (error) {
    return failed(parts, call, error)
  } finally {
    slot?.release()
  }
}

function execution(
  parts: ServeRpcParts,
  checked: RpcMessage,
  time: CallTime,
  slot: CallSlot,
): Promise<PlainValue> {
  const once = (call: RpcMessage): Promise<PlainValue> =>
    executeOnce(parts, call, () => execute(parts, call, time, slot))
  return parts.plugins.wraps('serveRpc') ? throughPlugins(parts.plugins, checked, once) : once(checked)
}

/** Plugins see what the procedure threw, as it threw it. */
async function throughPlugins(
  plugins: PluginChain,
  checked: RpcMessage,
  once: (call: RpcMessage) => Promise<PlainValue>,
): Promise<PlainValue> {
  let failure: ProcedureFailure | undefined
  const laidBare = (error: unknown): never => {
    if (!(error instanceof ProcedureFailure)) throw error
    failure = error
    throw error.thrown
  }
  try {
    return await plugins.through('serveRpc', checked, undefined, (passed) => once(passed).catch(laidBare))
  } catch (error) {
    throw failure?.thrown === error ? failure : error
  }
}

function failed(parts: ServeRpcParts, call: RpcMessage, why: unknown): ResultOutcome {
  const facts = { call: procedurePath(call), id: call.id }
  if (isBusError(why, callBusy.code)) parts.log.warn({ code: why.code, ...facts }, why.message)
  else {
    const err = why instanceof ProcedureFailure ? why.thrown : why
    parts.log.error({ err, ...facts }, `Procedure "${facts.call}" failed`)
  }
  return { type: 'error', error: remoteErrorOf(why, toPlain) }
}

async function execute(
  parts: ServeRpcParts,
  call: RpcMessage,
  time: CallTime,
  slot: CallSlot,
): Promise<PlainValue> {
  const { deadlineAt } = time
  const scope = parts.scope()
  try {
    const procedures = parts.implementation(call.apiName, scope)
    const handler = handlerOf(procedures, call)
    const name = procedurePath(call)
    const context = new PreparedContext({
      message: { id: call.id, name, version: 1, headers: call.headers },
      attempt: 1,
      time,
      deadlineAt,
      log: parts.log,
      facts: { call: name, id: call.id },
      scope,
    })
    const parameters = parts.validator.castCall(call)
    const around = new Surroundings({ message: call, carries: parts.carriedHeaders, time, deadlineAt, slot })
    let value: unknown
    try {
      // As a method, since a class reaches its dependencies through `this`.
      value = withinContext(around, () => handler.call(procedures, parameters as never, context))
      if (isPromise(value)) value = await value
    } catch (error) {
      throw new ProcedureFailure(error)
    } finally {
      around.leave()
    }
    return parts.validator.result(call, value === undefined ? null : toPlain(value), 'outgoing')
  } finally {
    const disposed = scope.dispose()
    if (disposed) await disposed
  }
}

function handlerOf(
  procedures: Readonly<Record<string, ProcedureHandler>>,
  call: RpcMessage,
): ProcedureHandler {
  const { apiName: api, procedureName: name } = call
  const handler = name in Object.prototype ? undefined : procedures[name]
  if (typeof handler === 'function') return handler
  throw procedureUnknown({ api, procedure: name, nearest: nearest(name, Object.keys(procedures)) })
}
