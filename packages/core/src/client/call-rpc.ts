import type { PendingResult } from '../contracts/result-transport.ts'
import type { RpcTransport } from '../contracts/rpc-transport.ts'
import {
  apiUnknown,
  callBusy,
  callTimeout,
  notServed,
  remoteFailure,
  transportFeatureAbsent,
} from '../errors/catalogue.ts'
import { BusError } from '../errors/define-error.ts'
import { toPlain, type Headers, type Parameters, type PlainValue } from '../messages/plain-values.ts'
import type { RemoteError, ResultMessage } from '../messages/result-message.ts'
import {
  createCall,
  idempotencyKeyHeader,
  procedurePath,
  type RpcMessage,
  type UnaddressedCall,
} from '../messages/rpc-message.ts'
import { lendingSlot, messageContext } from '../messages/message-context.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import type { SchemaKeeper } from '../schema/schema-keeper.ts'
import type { SchemaRegistry } from '../schema/schema-registry.ts'
import type { TransportSet } from '../transports/transport-set.ts'
import type { Clock } from '../util/clock.ts'
import { durationMs, type Duration } from '../util/duration.ts'
import { nearest } from '../util/nearest.ts'
import { CallDeadline, type CallLimits } from './call-deadline.ts'

export interface CallOptions {
  /** How long to wait for the result, and the longest time after which the call may still start: the API's `rpc_timeout` unless given. */
  readonly timeout?: Duration
  /** Gives the call up when it aborts. */
  readonly signal?: AbortSignal
  readonly headers?: Headers
  /**
   * Names what the call is to bring about: of the calls of a procedure with the same key one is executed, and the others get its value.
   * Needs a transport that can.
   */
  readonly idempotencyKey?: string
}

export interface CallRpcParts {
  readonly schemas: SchemaRegistry
  readonly keeper: SchemaKeeper
  readonly validator: MessageValidator
  readonly transports: TransportSet
  readonly plugins: PluginChain
  readonly clock: Clock
  readonly timeoutMs: (apiName: string) => number
}

/** Check, expect, send, receive: a call from its parameters to its value, or to the error that its server sent. */
export async function callRpc(
  parts: CallRpcParts,
  address: { readonly apiName: string; readonly procedureName: string },
  parameters: object,
  options: CallOptions = {},
): Promise<unknown> {
  const call = createCall({
    apiName: address.apiName,
    procedureName: address.procedureName,
    parameters: toPlain(parameters) as Parameters,
    headers: headersOf(options),
  })
  if (!parts.schemas.get(call.apiName)) await learnApi(parts, call.apiName)
  parts.validator.call(call, 'outgoing')
  const deadline = new CallDeadline(parts.clock, call, limitsOf(parts, call, options))
  try {
    const askedFor = async (passed: UnaddressedCall): Promise<PlainValue> =>
      valueOf(parts, passed, await lendingSlot(() => exchange(parts, passed, deadline)))
    const value = await parts.plugins.through('callRpc', call, undefined, askedFor)
    return parts.validator.castResult(call, value)
  } finally {
    deadline.end()
  }
}

// Inside a handler nobody waits longer than for the handler itself.
function limitsOf(
  { clock, timeoutMs }: CallRpcParts,
  call: UnaddressedCall,
  options: CallOptions,
): CallLimits {
  const { deadlineAt = Infinity, signal: outer } = messageContext()
  const ownMs = options.timeout === undefined ? timeoutMs(call.apiName) : durationMs(options.timeout)
  return {
    timeoutMs: Math.min(ownMs, Math.max(0, deadlineAt - clock.now())),
    signals: [options.signal, outer].filter((signal) => signal !== undefined),
  }
}

function headersOf({ headers, idempotencyKey }: CallOptions): Headers {
  if (!headers && idempotencyKey === undefined) return messageContext().carried
  const key = idempotencyKey === undefined ? {} : { [idempotencyKeyHeader]: idempotencyKey }
  return { ...messageContext().carried, ...headers, ...key }
}

async function exchange(
  { transports }: CallRpcParts,
  call: UnaddressedCall,
  deadline: CallDeadline,
): Promise<ResultMessage> {
  const { apiName } = call
  const results =
    transports.ready('result', apiName) ?? (await deadline.until(transports.open('result', apiName)))
  const rpcs = transports.ready('rpc', apiName) ?? (await deadline.until(transports.open('rpc', apiName)))
  if (idempotencyKeyHeader in call.headers && !rpcs.features.idempotency)
    throw transportFeatureAbsent({
      transport: rpcs.name,
      feature: 'idempotency',
      wanted: 'A call with an idempotency key',
    })
  const expecting = results.expect(call)
  const pending = 'then' in expecting ? await expected(expecting, deadline) : expecting
  const addressed = { ...call, returnPath: pending.returnPath }
  try {
    return await deadline.until(answered(rpcs, addressed, pending, deadline))
  } catch (error) {
    // Nobody waits any more: whoever has not started the call must not start it. The caller does not wait for that.
    rpcs.cancel(addressed).catch(() => undefined)
    throw error
  } finally {
    pending.abandon()
  }
}

async function answered(
  rpcs: RpcTransport,
  call: RpcMessage,
  pending: PendingResult,
  deadline: CallDeadline,
): Promise<ResultMessage> {
  deadline.servers = await rpcs.send(call, { timeoutMs: deadline.timeoutMs })
  if (deadline.servers === 'none') throw notServed({ api: call.apiName, procedure: call.procedureName })
  return pending.receive()
}

// A broker that is silent must not keep the caller for longer than it wants to wait.
async function expected(expecting: Promise<PendingResult>, deadline: CallDeadline): Promise<PendingResult> {
  try {
    return await deadline.until(expecting)
  } catch (error) {
    expecting.then(
      (late) => late.abandon(),
      () => undefined,
    )
    throw error
  }
}

// An API without a definition here may be published on the bus by a service in any language.
async function learnApi({ schemas, keeper, transports }: CallRpcParts, apiName: string): Promise<void> {
  await keeper.mirror(await transports.open('schema', ''))
  if (!schemas.get(apiName)) throw apiUnknown({ api: apiName, nearest: nearest(apiName, schemas.names()) })
}

function valueOf({ validator }: CallRpcParts, call: UnaddressedCall, { outcome }: ResultMessage): PlainValue {
  if (outcome.type === 'error') throw fromRemote(procedurePath(call), outcome.error)
  return validator.result(call, outcome.value, 'incoming')
}

// What the bus itself found wrong at the server keeps its code; all else is a failure of the procedure.
function fromRemote(procedure: string, error: RemoteError): BusError {
  const { code, message, data, trace, type } = error
  if (type === 'BusError' && code?.startsWith('BUS_RPC_')) {
    const retriable = [callBusy.code, callTimeout.code, notServed.code].some((known) => known === code)
    return new BusError(code, message, { facts: { procedure, data, trace }, retriable })
  }
  return remoteFailure({ procedure, message, type, code, data, trace })
}
