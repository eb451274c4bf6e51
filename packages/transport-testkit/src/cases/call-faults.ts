import { defineApi, procedure, type Bus } from '@lightbus/core'
import { createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { answerAll, gate, outcomeOf, patient, send, serving, things, type Gate } from './calling.ts'
import type { Cases } from './case.ts'
import { next, serve } from './pulling.ts'
import { orders } from './samples.ts'

const make = 'shop.things.make'
const keep = 'shop.things.keep'

/** R16, R17 and R21–R23: calls while servers die and the broker has its troubles. */
export const callFaultsCases = {
  async R16(stage) {
    const caller = stage.process()
    const executed: string[] = []
    const work = async (): Promise<void> => {
      const { calls } = await serve(stage, await stage.rpc(), { prefetch: 1 })
      for (;;) {
        const { call, done } = await next(calls)
        // Who has one keeps it, so that in the end each has one; whatever was repeated comes before.
        if (!call || call.procedureName === 'sentinel') return
        executed.push(call.procedureName)
        done()
      }
    }
    let haveEnded = false
    const servers = Promise.all([work(), work()])
    stage.during(servers.then(() => (haveEnded = true)))
    await send(caller, 'first')
    await stage.until(() => executed.includes('first'))
    for (let round = 0; round < stage.rounds(5); round++) {
      await stage.fault('dropAfterWrite')()
      const outcome = await outcomeOf(send(caller, `call_${round}`))
      if (typeof outcome === 'string') expect(outcome).to.equal('BUS_TRANSPORT_UNAVAILABLE')
    }
    while (!haveEnded) {
      stage.signal.throwIfAborted()
      await outcomeOf(send(caller, 'sentinel'))
      await stage.pass(50)
    }
    expect(executed, 'what was executed, each once').to.deep.equal([...new Set(executed)])
  },

  async R17(stage) {
    const victim = stage.victim()
    await victim.serve(orders.name, 5)
    const caller = stage.bus([withHang])
    await caller.call('shop.orders.look', {}, patient)
    const lost = Array.from({ length: 5 }, () =>
      outcomeOf(caller.call('shop.orders.hang', {}, { timeout: '2500ms' })),
    )
    await victim.hanging(5)
    const executed = await answerAll(stage, stage.process())
    const others = Array.from({ length: 95 }, () => outcomeOf(caller.call('shop.orders.look', {}, patient)))
    await victim.kill()
    const ids = await Promise.all(others)
    expect(ids, 'the answers of the survivor').to.have.members(executed.map(({ id }) => id))
    expect(await Promise.all(lost)).to.deep.equal(Array.from({ length: 5 }, () => 'BUS_RPC_TIMEOUT'))
    expect(executed.map(({ procedureName }) => procedureName)).to.not.include('hang')
  },

  async R21(stage) {
    const { caller, begun, released } = await scene(stage)
    const callAgain = () => calledAgain(stage, caller)
    const waiting = outcomeOf(caller.call(keep, { id: 'kept' }, { timeout: '4s' }))
    await begun.opened
    await stage.fault('restart')()
    expect(await callAgain(), 'the next call').to.equal('again')
    released.open()
    expect(await waiting).to.be.oneOf(['kept', ...typedErrors])
    expect(await callAgain(), 'the call after that').to.equal('again')
  },

  async R22(stage) {
    for (const direction of ['to-broker', 'from-broker'] as const)
      for (const place of ['caller sends', 'caller waits', 'server waits', 'server replies'] as const)
        await silenced(stage, { direction, place })
  },

  async R23(stage) {
    await wipedWhileWaiting(stage)
    if (stage.harness.faults?.(stage.namespace).refuse) await wipedWhileAway(stage)
  },
} satisfies Cases

/** The usual API, with the procedure that victims never answer. */
const withHang = defineApi(orders.name, {
  procedures: { look: procedure({}, { type: 'string' }), hang: procedure({}, { type: 'string' }) },
})

/** How a call may end, other than with its answer, when the broker is not what it should be. */
const typedErrors = [
  'BUS_RPC_TIMEOUT',
  'BUS_TRANSPORT_UNAVAILABLE',
  'BUS_RESULT_PATH_LOST',
  'BUS_RPC_NOT_SERVED',
] as const

interface Scene {
  readonly server: Bus
  readonly caller: Bus
  /** When `keep` is executed, and until when. */
  readonly begun: Gate
  readonly released: Gate
}

/** A server, and a caller that has called before. */
async function scene(stage: Stage): Promise<Scene> {
  const [begun, released] = [gate(), gate()]
  const server = await serving(stage, things, {
    keep: async ({ id }) => {
      begun.open()
      await released.opened
      return id
    },
  })
  const caller = stage.bus([things])
  expect(await caller.call(make, { id: 'warm' }, patient)).to.equal('warm')
  // Called by name.
  return { server, caller: caller as unknown as Bus, begun, released }
}

/** The next call that the broker takes. While it is not back, or does not know yet who serves, it says so; what it takes is answered. */
async function calledAgain(stage: Stage, caller: Bus): Promise<unknown> {
  for (;;) {
    stage.signal.throwIfAborted()
    const outcome = await outcomeOf(caller.call(make, { id: 'again' }, patient))
    if (outcome !== 'BUS_TRANSPORT_UNAVAILABLE' && outcome !== 'BUS_RPC_NOT_SERVED') return outcome
    await stage.pass(50)
  }
}

const timeoutMs = 1_000

async function silenced(
  stage: Stage,
  {
    direction,
    place,
  }: {
    readonly direction: 'to-broker' | 'from-broker'
    readonly place: 'caller sends' | 'caller waits' | 'server waits' | 'server replies'
  },
): Promise<void> {
  const what = `${place}, silence ${direction}`
  const { server, caller, begun, released } = await scene(stage)
  const call = async (path: string) => {
    const began = stage.clock.now()
    const outcome = await outcomeOf(caller.call(path, { id: 'kept' }, { timeout: `${timeoutMs}ms` }))
    return { outcome, ms: stage.clock.now() - began }
  }
  const isRunning = place === 'caller waits' || place === 'server replies'
  let ended = isRunning ? call(keep) : undefined
  if (isRunning) await begun.opened
  const undo = await stage.fault('silence')(direction)
  if (place === 'caller sends') ended = call(make)
  if (place === 'server replies') released.open()
  await (place === 'caller waits' ? stage.pass(timeoutMs / 3) : ended)
  if (place === 'server waits') await stage.pass(timeoutMs)
  await undo()
  released.open()
  const { outcome, ms } = (await ended) ?? { outcome: 'kept', ms: 0 }
  expect(outcome, what).to.be.oneOf(['kept', ...typedErrors])
  expect(ms, `milliseconds, ${what}`).to.be.lessThan(timeoutMs + 2_000)
  expect(await calledAgain(stage, caller), `the next call, ${what}`).to.equal('again')
  await Promise.all([caller.stop({ force: true }), server.stop({ force: true })])
}

const atOnceMs = 30_000

/** A whole bus: the procedure runs while the broker forgets where its caller waits. */
async function wipedWhileWaiting(stage: Stage): Promise<void> {
  const { caller, begun, released } = await scene(stage)
  const waiting = outcomeOf(caller.call(keep, { id: 'kept' }, { timeout: '60s' }))
  await begun.opened
  const wipedAt = stage.clock.now()
  await stage.fault('wipe')()
  released.open()
  expect(await waiting).to.be.oneOf(['kept', 'BUS_RESULT_PATH_LOST'])
  expect(stage.clock.now() - wipedAt, 'milliseconds after the loss').to.be.lessThan(atOnceMs)
}

/** As transports do it: the broker forgets while the caller is away, and the result is sent as soon as it is back. */
async function wipedWhileAway(stage: Stage): Promise<void> {
  const [caller, server] = [stage.process(), stage.process()]
  const results = await server.result()
  const { call, pending } = await send(caller, 'buy')
  const received = outcomeOf(pending.receive(stage.signal))
  const undo = await stage.fault('refuse')()
  await stage.fault('wipe')()
  await undo()
  const backAt = stage.clock.now()
  const result = createResult(call.id, { type: 'value', value: 'kept' })
  const sent = () => outcomeOf(results.send(result, call.returnPath))
  await stage.until(async () => (await sent()) !== 'BUS_TRANSPORT_UNAVAILABLE')
  const outcome = await received
  if (outcome !== 'BUS_RESULT_PATH_LOST') expect(outcome).to.deep.equal(result)
  expect(stage.clock.now() - backAt, 'milliseconds after the return').to.be.lessThan(atOnceMs)
}
