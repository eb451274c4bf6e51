import type { Log } from '../contracts/log.ts'
import type { OutcomeStore } from '../contracts/rpc-transport.ts'
import { callBusy } from '../errors/catalogue.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import { idempotencyKeyHeader, procedurePath, type RpcMessage } from '../messages/rpc-message.ts'

/** How long the outcome of a call with an idempotency key is kept: 24 hours, in milliseconds. */
export const outcomeTtlMs = 24 * 60 * 60 * 1_000

export interface ExecuteOnceParts {
  /** Where the outcomes are, if the transport keeps them. */
  readonly outcomes: OutcomeStore | undefined
  readonly log: Log
}

/**
 * Executes a call, or gives the value that an earlier one with the same procedure and idempotency key had (R29). Throws `BUS_RPC_BUSY` while the
 * earlier one runs. A call that failed leaves no outcome.
 */
export function executeOnce(
  { outcomes, log }: ExecuteOnceParts,
  call: RpcMessage,
  execute: () => Promise<PlainValue>,
): Promise<PlainValue> {
  const key = call.headers[idempotencyKeyHeader]
  return outcomes && key !== undefined ? onceFor(key, { outcomes, log }, call, execute) : execute()
}

async function onceFor(
  given: string,
  { outcomes, log }: { readonly outcomes: OutcomeStore; readonly log: Log },
  call: RpcMessage,
  execute: () => Promise<PlainValue>,
): Promise<PlainValue> {
  const { apiName, procedureName } = call
  const facts = { call: procedurePath(call), id: call.id }
  const key = `${procedureName}:${given}`
  const claim = await outcomes.claim(apiName, key, { ttlMs: outcomeTtlMs })
  if (claim === 'running')
    throw callBusy({ procedure: facts.call, why: 'another call with its idempotency key has begun' })
  if (claim !== 'mine') return claim.value
  const value = await execute().catch(async (error: unknown) => {
    await outcomes
      .release(apiName, key)
      .catch((err: unknown) => log.warn({ err, ...facts }, 'The idempotency key could not be released'))
    throw error
  })
  // The work is done: its caller is to have the value, also where it cannot be kept for others.
  await outcomes
    .record(apiName, key, value, { ttlMs: outcomeTtlMs })
    .catch((err: unknown) => log.warn({ err, ...facts }, 'The outcome of a call could not be recorded'))
  return value
}
