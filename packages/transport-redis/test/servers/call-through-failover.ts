import { setImmediate as turn } from 'node:timers/promises'
import {
  createCall,
  createResult,
  type ResultTransport,
  type RpcDelivery,
  type RpcTransport,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import { pulling } from '../redis-fixture.ts'

interface Scene {
  readonly rpcs: RpcTransport
  readonly results: ResultTransport
  readonly apiNames: readonly string[]
  readonly failOver: () => Promise<unknown>
}

const answersAfterwards = 20
const timeoutMs = 1_000
const patienceMs = 45_000

/** Calls and serves during a failover and until calls are answered again. No call is executed twice, nor answered with another's result. */
export async function callThroughFailover({ rpcs, results, apiNames, failOver }: Scene): Promise<void> {
  const consumer = await rpcs.consume({ apiNames, prefetch: () => 10 })
  const calls = pulling<RpcDelivery>((signal) => consumer.calls(signal))
  const executed: string[] = []
  const serve = async (): Promise<void> => {
    for (;;) {
      const { call, done } = await calls.next()
      if (call) {
        executed.push(call.id)
        const result = createResult(call.id, { type: 'value', value: call.id })
        await results.send(result, call.returnPath).catch(() => undefined)
      }
      done()
    }
  }
  // It ends when the transport is closed.
  serve().catch(() => undefined)

  let isOver = false
  const failover = failOver().finally(() => (isOver = true))
  // Whoever awaits it below is told.
  failover.catch(() => undefined)
  const endsAt = performance.now() + patienceMs
  for (let afterwards = 0; afterwards < answersAfterwards;) {
    const began = isOver
    const answers = await Promise.all(apiNames.map((apiName) => answerOf(rpcs, results, apiName)))
    if (began) afterwards += answers.filter(Boolean).length
    if (performance.now() > endsAt) throw new Error('No call is answered after the failover.')
    await turn()
  }
  await failover
  expect(executed, 'what was executed').to.have.length(new Set(executed).size)
}

/** Whether a call was answered; its result is its own. */
async function answerOf(rpcs: RpcTransport, results: ResultTransport, apiName: string): Promise<boolean> {
  const call = createCall({ apiName, procedureName: 'p', parameters: {} })
  const expecting = async () => results.expect(call)
  const pending = await expecting().catch(() => undefined)
  if (!pending) return false
  try {
    await rpcs.send({ ...call, returnPath: pending.returnPath }, { timeoutMs })
    const { outcome } = await pending.receive(AbortSignal.timeout(timeoutMs))
    expect(outcome).to.deep.equal({ type: 'value', value: call.id })
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError') throw error
    return false
  } finally {
    pending.abandon()
  }
}
