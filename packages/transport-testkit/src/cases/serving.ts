import { defineApi, procedure, type Bus } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import type { RpcDelivery } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import { gate, nextName, outcomeOf, patient, rest, send, serving, things, turns } from './calling.ts'
import type { Cases } from './case.ts'
import { next, serve } from './pulling.ts'
import { orders } from './samples.ts'

/** R18, R19, R24, R25, R27 and R28: how many calls a server takes, which of them, and until when. */
export const servingCases = {
  async R18(stage) {
    await stopsTaking(stage)
    await stopsServing(stage)
  },

  async R19(stage) {
    const [caller, one, other] = [stage.process(), stage.process(), stage.process()]
    const rounds = stage.rounds(isVirtual(stage) ? 200 : 30)
    for (let round = 0; round < rounds; round++) await stopAgainstCall(stage, { caller, one, other })
  },

  async R24(stage) {
    await heldWithinPrefetch(stage)
    await runningWithinLimits(stage)
    await moreThanMayWait(stage)
  },

  async R25(stage) {
    const names = ['shop.busy', 'shop.quiet'] as const
    for (const busy of names) {
      const quiet = names.find((name) => name !== busy)
      await bothServed(stage, { busy, quiet: quiet ?? '' })
    }
    await bothExecuted(stage)
  },

  async R27(stage) {
    const released = gate()
    const limits = { procedures: { keep: { concurrency: 2 } } }
    await serving(stage, things, { keep: () => released.opened }, { limits })
    const caller = stage.bus([things])
    const slow = Array.from({ length: 20 }, (_, id) => caller.call('shop.things.keep', { id }, patient))
    for (let id = 0; id < 20; id++)
      expect(await caller.call('shop.things.make', { id }, patient)).to.equal(id)
    released.open()
    expect(await Promise.all(slow)).to.deep.equal(slow.map(() => null))

    const { calls } = await serve(stage, await stage.rpc(), { prefetch: 2 })
    const client = stage.process()
    await send(client, 'slow')
    expect(await nextName(calls)).to.equal('slow')
    for (let count = 0; count < 5; count++) {
      await send(client, 'fast')
      const delivery = await next(calls)
      expect(delivery.call?.procedureName, 'beside a slow one').to.equal('fast')
      delivery.done()
    }
  },

  async R28(stage) {
    const request = { limits: { concurrency: 1 }, uses: [things, bankThings] }
    const countDown =
      (bus: () => Bus, path: string) =>
      async ({ id }: { readonly id?: unknown }): Promise<unknown> =>
        id === 0 ? [0] : [id, await bus().call(path, { id: Number(id) - 1 }, patient)].flat()
    const make = countDown(() => shop, 'shop.things.make')
    const keep = countDown(() => shop, 'bank.things.keep')
    const shop: Bus = await serving(stage, things, { make, keep }, request)
    const back = countDown(() => bank, 'shop.things.keep')
    const bank: Bus = await serving(stage, bankThings, { keep: back }, { ...request, service: 'bank' })
    const caller = stage.bus([things])
    const numbers = [5, 4, 3, 2, 1, 0]
    expect(await caller.call('shop.things.make', { id: 5 }, patient), 'itself').to.deep.equal(numbers)
    expect(await caller.call('shop.things.keep', { id: 5 }, patient), 'each other').to.deep.equal(numbers)
  },
} satisfies Cases

const bankThings = defineApi('bank.things', { procedures: { keep: procedure({ id: {} }, {}) } })

/** What is claimed is handed out still, the rest is for others. */
async function stopsTaking(stage: Stage): Promise<void> {
  const caller = stage.process()
  const stopping = new AbortController()
  const first = await serve(stage, await stage.rpc(), { signal: stopping.signal })
  const sent = await Promise.all(Array.from({ length: 10 }, () => send(caller, 'buy')))
  const running = await next(first.calls)
  stopping.abort()
  const taken = [running, ...(await rest(first.calls))]
  const second = await serve(stage, await stage.rpc(), { prefetch: 100 })
  while (taken.length < sent.length) taken.push(await next(second.calls))
  // Had one been taken twice, it would come before this one.
  sent.push(await send(caller, 'last'))
  taken.push(await next(second.calls))
  expect(taken.map(({ call }) => call?.id)).to.have.members(sent.map(({ call }) => call.id))
  expect((await first.calls.next()).done, 'the end of what was stopped').to.equal(true)
  for (const { done } of taken) done()
  await second.consumer.close()
}

/** A bus that stops answers what runs, and another one serves what comes meanwhile. */
async function stopsServing(stage: Stage): Promise<void> {
  const [begun, released] = [gate(), gate()]
  const keep = async (): Promise<string> => {
    begun.open()
    await released.opened
    return 'kept'
  }
  // As long as it takes the other one to start, by any clock.
  const config = { bus: { shutdown_timeout: '1d' } }
  const stopping = await serving(stage, things, { keep, make: () => 'the stopped one' }, { config })
  const caller = stage.bus([things])
  const running = caller.call('shop.things.keep', { id: 1 }, patient)
  await begun.opened
  const stopped = stopping.stop()
  await turns(stage, 1)
  const queued = caller.call('shop.things.make', { id: 1 }, patient)
  stage.during(running, queued)
  await serving(stage, things, { make: () => 'the other one' })
  expect(await queued, 'who served a call that came to a stopping server').to.equal('the other one')
  released.open()
  expect(await running).to.equal('kept')
  await stopped
}

function isVirtual({ clock }: Stage): boolean {
  return clock instanceof VirtualClock
}

interface Roles {
  readonly caller: Process
  readonly one: Process
  readonly other: Process
}

async function stopAgainstCall(stage: Stage, { caller, one, other }: Roles): Promise<void> {
  const stopping = new AbortController()
  const stopped = await serve(stage, await one.rpc(), { signal: stopping.signal })
  const taken = stopped.calls.next()
  const stopsFirst = stage.random() < 0.3
  if (stopsFirst) stopping.abort()
  const sending = send(caller, 'buy')
  for (let microtasks = Math.floor(stage.random() * 12); microtasks > 0; microtasks--) await Promise.resolve()
  // A turn would let the time of a call run out where time is virtual.
  if (!isVirtual(stage)) await turns(stage, Math.floor(stage.random() * 4))
  stopping.abort()
  const [first, { call }] = await Promise.all([taken, sending])
  const claimed = [...(first.done ? [] : [first.value]), ...(await rest(stopped.calls))]
  await stopped.consumer.close()
  const server = await serve(stage, await other.rpc())
  if (claimed.length === 0) claimed.push(await next(server.calls))
  // Had it been served twice, the second time would come before this one.
  const sentinel = await send(caller, 'sentinel')
  claimed.push(await next(server.calls))
  expect(claimed.map((delivery) => delivery.call?.id)).to.have.members([call.id, sentinel.call.id])
  for (const { done } of claimed) done()
  await server.consumer.close()
}

async function heldWithinPrefetch(stage: Stage): Promise<void> {
  const caller = stage.process()
  let prefetch = 2
  const consumer = await (await stage.rpc()).consume({ apiNames: ['shop.orders'], prefetch: () => prefetch })
  const calls = consumer.calls(stage.signal)[Symbol.asyncIterator]()
  const sent = await Promise.all(Array.from({ length: 5 }, () => send(caller, 'buy')))
  const held = [await next(calls), await next(calls)]
  let third: RpcDelivery | undefined
  const pulled = next(calls).then((delivery) => (third = delivery))
  stage.during(pulled)
  const other = await serve(stage, await stage.rpc(), { prefetch: 3 })
  const elsewhere = [await next(other.calls), await next(other.calls), await next(other.calls)]
  const ids = [...held, ...elsewhere].map(({ call }) => call?.id)
  expect(ids, 'served by one or the other').to.have.members(sent.map(({ call }) => call.id))
  const more = [await send(caller, 'more'), await send(caller, 'more')]
  elsewhere[0]?.done()
  elsewhere.push(await next(other.calls))
  expect(third, 'handed out above the prefetch').to.equal(undefined)
  prefetch = 3
  consumer.refresh()
  elsewhere.push(await pulled)
  expect(elsewhere.slice(3).map(({ call }) => call?.id)).to.have.members(more.map(({ call }) => call.id))
  held[0]?.done()
  const last = await send(caller, 'last')
  expect((await next(calls)).call?.id, 'once one is done with').to.equal(last.call.id)
  await consumer.close()
  await other.consumer.close()
}

async function runningWithinLimits(stage: Stage): Promise<void> {
  let [running, slow] = [0, 0]
  const most = { running: 0, slow: 0 }
  const work = (isSlow: boolean) => async (): Promise<void> => {
    most.running = Math.max(most.running, ++running)
    if (isSlow) most.slow = Math.max(most.slow, ++slow)
    await stage.pass(5)
    running -= 1
    if (isSlow) slow -= 1
  }
  const limits = { concurrency: 3, procedures: { keep: { concurrency: 1 } } }
  const server = await serving(stage, things, { make: work(false), keep: work(true) }, { limits })
  const caller = stage.bus([things])
  const calls = Array.from({ length: 30 }, (_, id) =>
    outcomeOf(caller.call(`shop.things.${id % 3 === 0 ? 'keep' : 'make'}`, { id }, patient)),
  )
  for (const outcome of await Promise.all(calls)) expect(outcome).to.be.oneOf([null, 'BUS_RPC_BUSY'])
  expect(most, 'at a time').to.deep.equal({ running: 3, slow: 1 })
  await server.stop()
}

async function moreThanMayWait(stage: Stage): Promise<void> {
  const released = gate()
  let [running, most] = [0, 0]
  const keep = async (): Promise<string> => {
    most = Math.max(most, ++running)
    await released.opened
    running -= 1
    return 'kept'
  }
  const server = await serving(stage, things, { keep }, { limits: { concurrency: 2 } })
  const caller = stage.bus([things])
  const calls = Array.from({ length: 300 }, (_, id) =>
    outcomeOf(caller.call('shop.things.keep', { id }, patient)),
  )
  await stage.until(() => running === 2)
  released.open()
  const outcomes = await Promise.all(calls)
  for (const outcome of outcomes) expect(outcome).to.be.oneOf(['kept', 'BUS_RPC_BUSY'])
  expect(outcomes).to.include('kept')
  expect(most, 'at a time').to.equal(2)
  await server.stop()
}

/** A busy API within its limits, and another one. */
async function bothExecuted(stage: Stage): Promise<void> {
  const released = gate()
  const server = stage.bus([things, orders])
  const implementation = {
    make: () => null,
    keep: () => released.opened,
    break: () => null,
    list: () => null,
  }
  server.serve(things, implementation, { concurrency: 5 })
  server.serve(orders, { buy: ({ sku }) => sku, look: () => 'nice' })
  await server.start()
  const caller = stage.bus([things, orders])
  const busy = Array.from({ length: 30 }, (_, id) =>
    outcomeOf(caller.call('shop.things.keep', { id }, patient)),
  )
  for (let count = 0; count < 10; count++)
    expect(await caller.call('shop.orders.look', {}, patient)).to.equal('nice')
  released.open()
  for (const outcome of await Promise.all(busy)) expect(outcome).to.be.oneOf([null, 'BUS_RPC_BUSY'])
}

async function bothServed(
  stage: Stage,
  { busy, quiet }: { readonly busy: string; readonly quiet: string },
): Promise<void> {
  const caller = stage.process()
  await Promise.all(Array.from({ length: 60 }, () => send(caller, 'buy', { apiName: busy })))
  await Promise.all(Array.from({ length: 5 }, () => send(caller, 'buy', { apiName: quiet })))
  const apiNames = ['shop.busy', 'shop.quiet']
  const { consumer, calls } = await serve(stage, await stage.rpc(), { apiNames, prefetch: 1 })
  const served: (string | undefined)[] = []
  while (served.length < 65) {
    const { call, done } = await next(calls)
    served.push(call?.apiName)
    done()
  }
  expect(served.filter((apiName) => apiName === quiet)).to.have.length(5)
  expect(served.lastIndexOf(quiet), 'when the last call of the quiet API was served').to.be.lessThan(40)
  await consumer.close()
}
