import { createCall, createResult, type PendingResult, type ResultTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { outcomeOf } from './calling.ts'
import type { Cases } from './case.ts'

/** S4, S6, S8 and S12: what results and those who wait for them leave behind, and how many connections they take. */
export const resultKeepingCases = {
  async S4(stage) {
    const wishes = { resultTtlMs: 400 }
    const [caller, server] = [await stage.result({ wishes }), await stage.result({ wishes })]
    const expectNothingLeft = await afterNothing(stage, caller)
    await answered(stage, await waits(caller, 20), server)
    await expectNothingLeft('after success')
    await givenUp(stage, await waits(caller, 20), server)
    // The results that came too late came before these.
    await answered(stage, await waits(caller, 1), server)
    await expectNothingLeft('after late results')
    const [path, frozen] = [await pathOfGone(stage), await pathOfFrozen(stage)]
    for (const { path: returnPath, thaw } of [{ path, thaw: undefined }, ...frozen]) {
      await outcomeOf(server.send(createResult('unread', { type: 'value', value: 1 }), returnPath))
      await stage.pass(wishes.resultTtlMs * 2)
      await expectNothingLeft('after an unread result has expired')
      thaw?.()
    }
  },

  async S6(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const expectNothingLeft = await afterNothing(stage, caller)
    await answered(stage, await waits(caller, 5), server)
    const { connections } = await stage.inspect()
    for (let round = 0; round < 3; round++) {
      await givenUp(stage, await waits(caller, 50), server)
      await answered(stage, await waits(caller, 5), server)
      expect((await stage.inspect()).connections, 'connections').to.be.at.most(connections)
      await expectNothingLeft(`after round ${round}`)
    }
  },

  async S8(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const pending = await waits(caller, 1_000)
    const received = pending.map((wait) => wait.pending.receive(stage.signal))
    expect((await stage.inspect()).connections, 'while a thousand wait').to.be.within(1, 10)
    const shuffled = pending
      .map((wait) => ({ wait, place: stage.random() }))
      .toSorted((one, other) => one.place - other.place)
    for (const { wait } of shuffled)
      await server.send(createResult(wait.id, { type: 'value', value: wait.id }), wait.pending.returnPath)
    for (const [index, { id }] of pending.entries()) {
      const { callId, outcome } = (await received[index]) ?? expect.fail('a result was expected')
      expect({ callId, outcome }).to.deep.equal({ callId: id, outcome: { type: 'value', value: id } })
    }
  },

  async S12(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const [gone, frozen] = [await pathOfGone(stage), await pathOfFrozen(stage)]
    let isSending = true
    const immortal = new Set<string>()
    const look = async (): Promise<void> => {
      for (const { name, ttlMs } of (await stage.inspect()).keys)
        if (typeof ttlMs !== 'number') immortal.add(name)
    }
    const watch = async (): Promise<void> => {
      while (isSending) await look()
    }
    const watching = watch()
    stage.during(watching)
    for (let round = 0; round < stage.rounds(50); round++) {
      await answered(stage, await waits(caller, 4), server)
      for (const path of [gone, ...frozen.map((one) => one.path)])
        await outcomeOf(server.send(createResult('unread', { type: 'value', value: round }), path))
    }
    isSending = false
    await watching
    await look()
    // Nothing but results is in this namespace.
    expect([...immortal], 'what stays for ever').to.deep.equal([])
    for (const { thaw } of frozen) thaw()
  },
} satisfies Cases

interface Wait {
  readonly id: string
  readonly pending: PendingResult
}

async function waits(caller: ResultTransport, count: number): Promise<readonly Wait[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const call = createCall({ apiName: 'shop.orders', procedureName: 'buy', parameters: {} })
      return { id: call.id, pending: await caller.expect(call) }
    }),
  )
}

/** Each gets its result: half of them wait for it already. */
async function answered(stage: Stage, pending: readonly Wait[], server: ResultTransport): Promise<void> {
  const received = pending.map((wait, index) => (index % 2 ? wait.pending.receive(stage.signal) : undefined))
  for (const {
    id,
    pending: { returnPath },
  } of pending)
    await server.send(createResult(id, { type: 'value', value: id }), returnPath)
  for (const [index, { id, pending: each }] of pending.entries())
    expect(await (received[index] ?? each.receive(stage.signal))).to.deep.include({ callId: id })
}

/** Nobody waits to the end: some abort, some time out, some never begin; and then the results come after all. */
async function givenUp(stage: Stage, pending: readonly Wait[], server: ResultTransport): Promise<void> {
  const reason = new Error('It takes too long.')
  const ended = pending.map(({ pending: each }, index) => {
    const stopping = new AbortController()
    const wait = async (): Promise<unknown> => {
      if (index % 3 === 0) return (each.abandon(), reason)
      if (index % 3 === 1) stage.clock.after(20, () => stopping.abort(reason))
      const received = each.receive(stopping.signal).catch((error: unknown) => error)
      if (index % 3 === 2) stopping.abort(reason)
      return received
    }
    return wait()
  })
  for (const end of ended) expect(await end, 'what a wait ends with').to.equal(reason)
  for (const { id, pending: each } of pending) {
    each.abandon()
    await outcomeOf(server.send(createResult(id, { type: 'value', value: 'too late' }), each.returnPath))
  }
}

/** Where a process waited that has ended. */
async function pathOfGone(stage: Stage): Promise<string> {
  const gone = stage.process()
  const [wait] = await waits(await gone.result(), 1)
  await gone.close()
  return wait?.pending.returnPath ?? expect.fail('a path was expected')
}

/** Where a process waits that can do nothing for the moment, if that can be brought about. */
async function pathOfFrozen(stage: Stage): Promise<readonly { readonly path: string; thaw(): void }[]> {
  const simulation = stage.harness.simulate?.(stage.namespace)
  if (!simulation) return []
  const process = stage.process()
  const [wait] = await waits(await process.result(), 1)
  simulation.freeze(process.name)
  return [{ path: wait?.pending.returnPath ?? '', thaw: () => simulation.thaw(process.name) }]
}

/** Remembers what is stored while nobody waits and nothing was sent; the returned function finds nothing else. */
async function afterNothing(stage: Stage, caller: ResultTransport): Promise<(when: string) => Promise<void>> {
  for (const { pending } of await waits(caller, 1)) pending.abandon()
  const names = async () => (await stage.inspect()).keys.map(({ name }) => name).toSorted()
  const before = await names()
  return async (when) => {
    expect(await names(), `what is stored ${when}`).to.deep.equal(before)
  }
}
