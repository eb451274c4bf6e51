import type { Log } from '../contracts/log.ts'
import type { OutcomeStore, RpcDelivery } from '../contracts/rpc-transport.ts'
import type { ResultTransport } from '../contracts/result-transport.ts'
import { callBusy, callTimeout, procedureUnknown } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import { toPlain } from '../messages/plain-values.ts'
import {
  createResult,
  ProcedureFailure,
  remoteErrorOf,
  type ResultOutcome,
} from '../messages/result-message.ts'
import { carriedFrom, withinContext } from '../messages/message-context.ts'
import { procedurePath, type RpcMessage } from '../messages/rpc-message.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { linkedSignal } from '../util/linked-signal.ts'
import { nearest } from '../util/nearest.ts'
import type { CallSlot, CallSlots } from './call-slots.ts'
import { executeOnce } from './execute-once.ts'
import { logWith, type HandlerContext, type MessageScope } from './handler-context.ts'

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
  readonly results: (apiName: string) => Promise<ResultTransport>
}

type ReadableDelivery = Extract<RpcDelivery, { readonly call: RpcMessage }>

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
  const limits = startLimits(parts.clock, delivery, forced)
  try {
    const outcome = await outcomeOf(parts, call, limits)
    if (outcome) await answer(parts, call, outcome, limits.signal)
  } catch (error) {
    parts.log.error({ err: error, call: procedurePath(call), id: call.id }, 'A result could not be sent')
  } finally {
    limits.end()
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
  signal: AbortSignal,
): Promise<void> {
  const results = await parts.results(call.apiName)
  const result = createResult(call.id, outcome)
  for (let attempt = 1; ; attempt++) {
    try {
      return await results.send(result, call.returnPath)
    } catch (error) {
      if (!isBusError(error) || !error.retriable || signal.aborted) throw error
    }
    await sleep(parts.clock, backoffMs(attempt, patience), signal)
  }
}

const patience = { baseMs: 50, maxMs: 1_000 }

/** Until when a call may wait and run. */
interface Limits {
  readonly signal: AbortSignal
  readonly deadline: Date
  end(): void
}

function startLimits(clock: Clock, delivery: ReadableDelivery, forced: AbortSignal): Limits {
  const { call, remainingMs, cancelled } = delivery
  const { signal, abort, release } = linkedSignal([forced, cancelled])
  const cancel = clock.after(remainingMs, () =>
    abort(callTimeout({ procedure: procedurePath(call), timeoutMs: remainingMs, servers: 'some' })),
  )
  const end = (): void => {
    cancel()
    release()
  }
  // A procedure that does not listen must not keep the process from ending.
  signal.addEventListener('abort', cancel, { once: true })
  return { signal, deadline: new Date(clock.now() + remainingMs), end }
}

// Undefined for a call that was over before it began: nobody waits for its answer.
async function outcomeOf(
  parts: ServeRpcParts,
  call: RpcMessage,
  limits: Limits,
): Promise<ResultOutcome | undefined> {
  const facts = { call: procedurePath(call), id: call.id }
  let failure: ProcedureFailure | undefined
  // Plugins see what the procedure threw, as it threw it.
  const laidBare = (error: unknown): never => {
    if (!(error instanceof ProcedureFailure)) throw error
    failure = error
    throw error.thrown
  }
  try {
    const parameters = parts.validator.call(call, 'incoming')
    const slot = await parts.slots.take(call, limits.signal)
    if (!slot) {
      parts.log.debug(facts, 'A call was not executed, since its time was over before it could start')
      return undefined
    }
    try {
      const checked = { ...call, parameters }
      const value = await parts.plugins.through('serveRpc', checked, undefined, (passed) =>
        executeOnce(parts, passed, () => execute(parts, passed, { ...limits, slot })).catch(laidBare),
      )
      return { type: 'value', value }
    } finally {
      slot.release()
    }
  } catch (error) {
    const why = failure?.thrown === error ? failure : error
    if (isBusError(why, callBusy.code)) parts.log.warn({ code: why.code, ...facts }, why.message)
    else parts.log.error({ err: error, ...facts }, `Procedure "${facts.call}" failed`)
    return { type: 'error', error: remoteErrorOf(why, toPlain) }
  }
}

async function execute(
  parts: ServeRpcParts,
  call: RpcMessage,
  { signal, deadline, slot }: Limits & { readonly slot: CallSlot },
): Promise<PlainValue> {
  const scope = parts.scope()
  try {
    const procedures = parts.implementation(call.apiName, scope)
    const handler = handlerOf(procedures, call)
    const context: HandlerContext = {
      message: { id: call.id, name: procedurePath(call), version: 1, headers: call.headers },
      attempt: 1,
      signal,
      deadline,
      log: logWith(parts.log, { call: procedurePath(call), id: call.id }),
      resolve: (token) => scope.resolve(token),
    }
    // As a method, since a class reaches its dependencies through `this`.
    const surroundings = {
      carried: carriedFrom(call, parts.carriedHeaders),
      signal,
      deadlineAt: deadline.getTime(),
      slot,
    }
    const parameters = parts.validator.castCall(call)
    const value = await withinContext(surroundings, () =>
      called(() => handler.call(procedures, parameters as never, context)),
    )
    return parts.validator.result(call, value === undefined ? null : toPlain(value), 'outgoing')
  } finally {
    await scope.dispose()
  }
}

async function called(handler: () => unknown): Promise<unknown> {
  try {
    return await handler()
  } catch (error) {
    throw new ProcedureFailure(error)
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
