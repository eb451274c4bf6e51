import type { RpcDelivery } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import { aborted, gate, nextName, outcomeOf, patient, send, serving, things, type Gate } from './calling.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { next, serve } from './pulling.ts'

const keep = 'shop.things.keep'

/** R8–R14: how long a call may take, who decides it, and what becomes of a call whose caller has gone. */
export const callDeadlinesCases = {
  async R8(stage) {
    await serving(stage, things, { keep: () => new Promise(() => undefined) })
    const config = { apis: { default: { rpc_timeout: '250ms' } } }
    const caller = stage.bus([things], { config })
    await caller.call('shop.things.make', { id: 1 }, patient)
    for (const [options, timeoutMs] of [
      [{ timeout: '400ms' }, 400],
      [{}, 250],
    ] as const) {
      const began = stage.clock.now()
      const { code, message, facts, retriable } = await busErrorOf(caller.call(keep, { id: 1 }, options))
      // A timer of the machine may be a millisecond early.
      expect(stage.clock.now() - began, 'milliseconds waited').to.be.within(timeoutMs - 2, timeoutMs + 2_000)
      expect({ code, retriable }).to.deep.equal({ code: 'BUS_RPC_TIMEOUT', retriable: true })
      expect(facts).to.deep.include({ procedure: keep, timeoutMs })
      expect(message).to.contain(keep).and.to.contain(`${timeoutMs} ms`)
    }
  },

  async R9(stage) {
    await expiredInTheQueue(stage)
    await expiredInTheProcess(stage)
  },

  async R10(stage) {
    const caller = stage.process()
    await send(caller, 'short', { timeoutMs: 1_000 })
    await send(caller, 'long', { timeoutMs: 60_000 })
    await stage.pass(1_300)
    const { calls } = await serve(stage, await stage.rpc())
    expectLeft(await next(calls), { name: 'long', leastMs: 50_000, mostMs: 58_701 })
    await send(caller, 'sentinel')
    expect(await nextName(calls)).to.equal('sentinel')
  },

  async R11(stage) {
    const servers = await Promise.all([0, 1, 2].map(async () => serve(stage, await stage.rpc())))
    const caller = stage.process()
    const timeouts = new Map<string, number>()
    let seen = 0
    const count = stage.rounds(200)
    const watching = servers.map(async ({ calls }) => {
      for (let item = await calls.next(); !item.done; item = await calls.next()) {
        const timeoutMs = timeouts.get(item.value.call?.procedureName ?? '') ?? 0
        expectLeft(item.value, { leastMs: timeoutMs - 30_000, mostMs: timeoutMs })
        item.value.done()
        if (++seen >= count) return
      }
    })
    const sending = Array.from({ length: count }, (_, index) => {
      timeouts.set(`call_${index}`, 60_000 + index * 1_000)
      return send(caller, `call_${index}`, { timeoutMs: 60_000 + index * 1_000 })
    })
    await Promise.all(sending)
    await Promise.race(watching)
    expect(seen, 'calls that were seen').to.equal(count)
    stage.during(...watching)
  },

  async R12(stage) {
    const fiveMinutes = 300_000
    await Promise.all([skewedBy(stage, fiveMinutes), skewedBy(stage, -fiveMinutes)])
  },

  async R13(stage) {
    await deadlineReachesHandler(stage)
    await abortReachesHandler(stage)
    await cancelReachesServer(stage)
  },

  async R14(stage) {
    await callerAborts(stage)
    await waitingCallIsCancelled(stage)
  },
} satisfies Cases

/** Checks what is left of the time of a call. */
function expectLeft(
  delivery: RpcDelivery,
  { name, leastMs, mostMs }: { readonly name?: string; readonly leastMs: number; readonly mostMs: number },
): void {
  if (!delivery.call) return expect.fail('a call was expected')
  if (name !== undefined) expect(delivery.call.procedureName).to.equal(name)
  expect(delivery.remainingMs, 'milliseconds that are left of it').to.be.within(leastMs, mostMs)
}

/** Nobody serves while the time runs out, or nobody has room. */
async function expiredInTheQueue(stage: Stage): Promise<void> {
  const caller = stage.process()
  await send(caller, 'expired', { timeoutMs: 200 })
  await stage.pass(400)
  await send(caller, 'first')
  const { consumer, calls } = await serve(stage, await stage.rpc(), { prefetch: 1 })
  const held = await next(calls)
  expect(held.call?.procedureName).to.equal('first')
  await send(caller, 'expired', { timeoutMs: 200 })
  await stage.pass(400)
  await send(caller, 'second')
  held.done()
  expect(await nextName(calls), 'once there was room').to.equal('second')
  await consumer.close()
}

/** The call is at the process that serves it, which has no room for it in time. */
async function expiredInTheProcess(stage: Stage): Promise<void> {
  const released = gate()
  const executed: unknown[] = []
  const held = gate()
  const handlers = {
    keep: async ({ id }: { readonly id?: unknown }) => {
      executed.push(id)
      held.open()
      await released.opened
    },
  }
  const server = await serving(stage, things, handlers, { limits: { concurrency: 1 } })
  const caller = stage.bus([things])
  const first = caller.call(keep, { id: 'first' }, patient)
  await held.opened
  const expired = caller.call(keep, { id: 'expired' }, { timeout: '200ms' })
  expect(await outcomeOf(expired)).to.equal('BUS_RPC_TIMEOUT')
  const sentinel = caller.call(keep, { id: 'sentinel' }, patient)
  // By the server's own timer, which need not be as early as the caller's.
  await stage.pass(100)
  released.open()
  await Promise.all([first, sentinel])
  expect(executed).to.deep.equal(['first', 'sentinel'])
  await server.stop()
}

/** The caller's clock is wrong by so much, the server's by as much in the other direction. */
async function skewedBy(stage: Stage, clockSkewMs: number): Promise<void> {
  const apiName = clockSkewMs > 0 ? 'shop.ahead' : 'shop.behind'
  const caller = stage.process({ clockSkewMs })
  const server = stage.process({ clockSkewMs: -clockSkewMs })
  await send(caller, 'short', { apiName, timeoutMs: 1_000 })
  await send(caller, 'long', { apiName, timeoutMs: 60_000 })
  await stage.pass(1_300)
  const { calls } = await serve(stage, await server.rpc(), { apiNames: [apiName] })
  expectLeft(await next(calls), { name: 'long', leastMs: 50_000, mostMs: 58_701 })
  await send(caller, 'fresh', { apiName, timeoutMs: 60_000 })
  expectLeft(await next(calls), { name: 'fresh', leastMs: 50_000, mostMs: 60_000 })
}

interface Watched {
  readonly deadline: Date | undefined
  readonly signal: AbortSignal
}

/** A bus whose handler never ends by itself; what it is told is given to `seen`. */
function watching(stage: Stage, seen: (context: Watched) => void, watched: Gate) {
  return serving(stage, things, {
    keep: (_, { deadline, signal }) => {
      seen({ deadline, signal })
      watched.open()
      return new Promise(() => undefined)
    },
  })
}

async function deadlineReachesHandler(stage: Stage): Promise<void> {
  let seen: Watched | undefined
  const begun = gate()
  const server = await watching(stage, (context) => (seen = context), begun)
  const caller = stage.bus([things])
  await caller.call('shop.things.make', { id: 1 }, patient)
  const dueAt = stage.clock.now() + 500
  const late = outcomeOf(caller.call(keep, { id: 1 }, { timeout: '500ms' }))
  await begun.opened
  const { deadline, signal } = seen ?? expect.fail('the handler was expected to be told')
  expect(signal.aborted, 'before the deadline').to.equal(false)
  expect(deadline?.getTime(), 'the deadline').to.be.within(dueAt - 450, dueAt + 1_000)
  expect(await late).to.equal('BUS_RPC_TIMEOUT')
  await aborted(signal)
  await server.stop({ force: true })
}

async function abortReachesHandler(stage: Stage): Promise<void> {
  let seen: Watched | undefined
  const begun = gate()
  const server = await watching(stage, (context) => (seen = context), begun)
  const caller = stage.bus([things])
  const stopping = new AbortController()
  const call = outcomeOf(caller.call(keep, { id: 1 }, { ...patient, signal: stopping.signal }))
  await begun.opened
  expect(seen?.signal.aborted, 'before the caller aborts').to.equal(false)
  stopping.abort()
  expect(await call).to.equal('BUS_RPC_ABORTED')
  if (seen) await aborted(seen.signal)
  await server.stop({ force: true })
}

/** As transports do it: of two calls that run in another process, one is cancelled, and both may be again. */
async function cancelReachesServer(stage: Stage): Promise<void> {
  const caller = stage.process()
  const { calls } = await serve(stage, await stage.rpc())
  const [one, other] = [await send(caller, 'one'), await send(caller, 'other')]
  const signals = new Map<string | undefined, AbortSignal | undefined>()
  for (const { call, cancelled } of [await called(calls), await called(calls)])
    signals.set(call.id, cancelled)
  const [cancelled, spared] = [signals.get(one.call.id), signals.get(other.call.id)]
  if (!cancelled || !spared) return expect.fail('each call has a signal where "deadline" is declared')
  const rpcs = await caller.rpc()
  await rpcs.cancel(one.call)
  await rpcs.cancel(one.call)
  await aborted(cancelled)
  expect(spared.aborted, 'whether another call was cancelled too').to.equal(false)
}

async function called(calls: AsyncIterator<RpcDelivery>) {
  const delivery = await next(calls)
  return delivery.call ? delivery : expect.fail('a call was expected')
}

/** A whole bus: the caller is free at once, and its late reply does no harm. */
async function callerAborts(stage: Stage): Promise<void> {
  const [begun, released] = [gate(), gate()]
  const handlers = {
    keep: async () => {
      begun.open()
      await released.opened
      return 'too late'
    },
  }
  const server = await serving(stage, things, handlers)
  const caller = stage.bus([things])
  await caller.call('shop.things.make', { id: 'warm' }, patient)
  const stopping = new AbortController()
  const call = outcomeOf(caller.call(keep, { id: 1 }, { ...patient, signal: stopping.signal }))
  await begun.opened
  stopping.abort()
  expect(await call).to.equal('BUS_RPC_ABORTED')
  const aborting = { ...patient, signal: AbortSignal.abort() }
  expect(await outcomeOf(caller.call(keep, { id: 2 }, aborting))).to.equal('BUS_RPC_ABORTED')
  released.open()
  for (let id = 0; id < 5; id++)
    expect(await caller.call('shop.things.make', { id }, patient), 'the next call').to.equal(id)
  await server.stop()
}

/** As transports do it: what waits is not executed, and nothing of it is left. */
async function waitingCallIsCancelled(stage: Stage): Promise<void> {
  const caller = stage.process()
  const server = stage.process()
  const { consumer, calls } = await serve(stage, await server.rpc(), { prefetch: 1 })
  const held = await heldFirst(caller, calls)
  const before = await keysLeft(stage)
  const { call, pending } = await send(caller, 'cancelled')
  const rpcs = await caller.rpc()
  const stopping = new AbortController()
  const received = pending.receive(stopping.signal).catch((error: unknown) => error)
  const reason = new Error('enough')
  stopping.abort(reason)
  expect(await received, 'what receive rejects with').to.equal(reason)
  await rpcs.cancel(call)
  await rpcs.cancel(call)
  await send(caller, 'sentinel')
  held.done()
  const sentinel = await next(calls)
  expect(sentinel.call?.procedureName).to.equal('sentinel')
  sentinel.done()
  // What has been said is true of calls that are over, or were never sent, too.
  await rpcs.cancel(call)
  expect(await keysLeft(stage), 'what is left of it').to.deep.equal(before)
  await consumer.close()
}

async function heldFirst(caller: Process, calls: AsyncIterator<RpcDelivery>): Promise<RpcDelivery> {
  await send(caller, 'held')
  return next(calls)
}

/** The names of what is stored, where that can be seen. */
async function keysLeft(stage: Stage): Promise<readonly string[]> {
  const inspection = await stage.harness.inspect?.(stage.namespace)
  return (inspection?.keys ?? []).map(({ name }) => name).toSorted()
}
