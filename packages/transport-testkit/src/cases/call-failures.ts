import { createResult, type BusError, type RpcMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { gate, outcomeOf, patient, send, serving, things } from './calling.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { next, serve } from './pulling.ts'

const make = 'shop.things.make'

/** R5–R7, R15 and R29: what callers are told when something is wrong, and to whom an answer belongs. */
export const callFailuresCases = {
  async R5(stage) {
    let thrown: unknown
    const fail = (): never => {
      throw thrown
    }
    await serving(stage, things, { break: fail })
    const caller = stage.bus([things])
    const failure = async (what: unknown): Promise<BusError> => {
      thrown = what
      return busErrorOf(caller.call('shop.things.break', { id: 1 }, patient))
    }
    await errorsArrive(failure)
    await othersArrive(failure)
    expect(await caller.call(make, { id: 'alive' }, patient)).to.equal('alive')
  },

  async R6(stage) {
    await serving(stage, things)
    const procedures = { ...things.procedures, rent: things.procedures.list }
    const rpcs = { ...things.schema.rpcs, rent: things.schema.rpcs['list'] ?? {} }
    // A caller whose definition is newer, and one that does not check what it sends.
    const newer = stage.bus([{ ...things, procedures, schema: { ...things.schema, rpcs } as never }])
    const careless = stage.bus([things], { config: { apis: { default: { validate: false } } } })
    const began = stage.clock.now()
    const unknown = await busErrorOf(newer.call('shop.things.rent', {}, patient))
    expect(unknown.code).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
    expect(unknown.message).to.contain('rent')
    const invalid = await busErrorOf(careless.call(make, { other: 1 }, patient))
    expect(invalid.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
    expect(invalid.message).to.contain(make)
    await unreadableIsAnswered(stage)
    expect(stage.clock.now() - began, 'milliseconds for three answers').to.be.lessThan(60_000)
  },

  async R7(stage) {
    const server = await serving(stage, things)
    let hasStopped = false
    stage.during(server.finished.then(() => (hasStopped = true)))
    const caller = stage.bus([things])
    const place = { kind: 'rpc', apiName: things.name } as const
    const malformed = ['', 'no JSON {', '{}', '[]', 'null', '42', '"text"', '\u0000', '{"metadata":', '🚌']
    const wrong = { id: 1, apiName: null, metadata: { id: 7, api_name: [] }, kwargs: 'none', parameters: [] }
    for (const raw of [...malformed, JSON.stringify(wrong)]) {
      await stage.injectRaw(place, raw)
      expect(await caller.call(make, { id: raw }, patient), `after ${raw}`).to.equal(raw)
    }
    // More than a server takes at a time: what cannot be read takes up no room for good.
    for (let count = 0; count < 150; count++) await stage.injectRaw(place, '{}')
    expect(await caller.call(make, { id: 'last' }, patient)).to.equal('last')
    expect(hasStopped, 'whether the server has stopped').to.equal(false)
  },

  async R15(stage) {
    await foreignReplies(stage)
    await lateReplies(stage)
  },

  async R29(stage) {
    await outcomesAreKept(stage)
    await callsAreRepeated(stage)
  },
} satisfies Cases

type FailureOf = (thrown: unknown) => Promise<BusError>

async function errorsArrive(failure: FailureOf): Promise<void> {
  class SoldOut extends RangeError {
    override readonly name = 'SoldOut'
    readonly code = 'SOLD_OUT'
    readonly data = { left: 0, until: new Date(0), of: [1n, null] }
  }
  const known = await failure(new SoldOut('Größe 🚌 is sold out'))
  expect(known.code).to.equal('BUS_RPC_REMOTE_FAILURE')
  expect(known.facts).to.deep.include({
    procedure: 'shop.things.break',
    type: 'SoldOut',
    message: 'Größe 🚌 is sold out',
    code: 'SOLD_OUT',
    data: { left: 0, until: '1970-01-01T00:00:00.000Z', of: ['1', null] },
  })
  expect((known.facts as { trace?: string }).trace).to.match(/Größe 🚌 is sold out\n\s+at /)
  const endless = new Error('deep')
  endless.stack = `Error: deep\n${'    at somewhere (file.js:1:1)\n'.repeat(100_000)}`
  const { trace } = (await failure(endless)).facts as { trace?: string }
  expect(trace).to.match(/^Error: deep\n/)
  expect(trace?.length, 'characters of a stack without an end').to.be.lessThan(65_536)
  const circular: { self?: unknown } = {}
  circular.self = circular
  const untold = await failure(Object.assign(new Error('with data that cannot travel'), { data: circular }))
  expect(untold.facts).to.deep.include({ message: 'with data that cannot travel', type: 'Error' })
}

async function othersArrive(failure: FailureOf): Promise<void> {
  for (const thrown of ['a text', 42, null, undefined, false])
    expect((await failure(thrown)).facts, 'what is told').to.deep.include({ message: String(thrown) })
  for (const thrown of [{ code: 'NO_ERROR' }, Symbol('none'), () => 'none'])
    expect((await failure(thrown)).code).to.equal('BUS_RPC_REMOTE_FAILURE')
}

/** A text that says where its answer is to go, as messages in TypeScript spell it and as those of Lightbus do, and nothing else. */
async function unreadableIsAnswered(stage: Stage): Promise<void> {
  const results = await stage.result()
  const id = 'unreadable-1'
  const call = { id, apiName: things.name, procedureName: 'make', parameters: {}, headers: {} }
  const pending = await results.expect(call)
  const { returnPath } = pending
  const raw = JSON.stringify({ id, returnPath, metadata: { id, return_path: returnPath } })
  await stage.injectRaw({ kind: 'rpc', apiName: things.name }, raw)
  const { callId, outcome } = await pending.receive(stage.signal)
  const code = outcome.type === 'error' ? outcome.error.code : undefined
  expect([callId, code]).to.deep.equal([id, 'BUS_RPC_UNDECODABLE'])
}

async function foreignReplies(stage: Stage): Promise<void> {
  const [caller, server, gone] = [stage.process(), stage.process(), stage.process({ name: 'gone' })]
  const { calls } = await serve(stage, await server.rpc())
  const results = await server.result()
  const reply = (callId: string, value: string, to: { readonly returnPath: string }) =>
    // Whether it is refused or discarded does not matter here.
    outcomeOf(results.send(createResult(callId, { type: 'value', value }), to.returnPath))
  const taken = async (): Promise<RpcMessage> => {
    const { call, done } = await next(calls)
    done()
    return call ?? expect.fail('a call was expected')
  }
  const stale = await send(gone, 'stale')
  const abandoned = await send(caller, 'abandoned')
  const [staleCall, lateCall] = [await taken(), await taken()]
  abandoned.pending.abandon()
  await gone.close()
  const { pending } = await send(caller, 'wanted')
  const wanted = await taken()
  await reply(staleCall.id, 'to a stale path', stale.call)
  await reply(wanted.id, 'to a stale path', stale.call)
  await reply(lateCall.id, 'too late', lateCall)
  await reply('nobody', 'of another call', wanted)
  await reply(lateCall.id, 'of an earlier call', wanted)
  await reply(wanted.id, 'the answer', wanted)
  const { callId, outcome } = await pending.receive(stage.signal)
  expect({ callId, outcome }).to.deep.equal({
    callId: wanted.id,
    outcome: { type: 'value', value: 'the answer' },
  })
}

/** A whole bus: the answer to a call that has timed out comes while others wait. */
async function lateReplies(stage: Stage): Promise<void> {
  const gates = { late: gate(), waiting: gate() }
  const begun = gate()
  await serving(stage, things, {
    keep: async ({ id }) => {
      if (id === 'waiting') begun.open()
      await gates[id === 'late' ? 'late' : 'waiting'].opened
      return id
    },
  })
  const caller = stage.bus([things])
  expect(await caller.call(make, { id: 'first' }, patient)).to.equal('first')
  const late = caller.call('shop.things.keep', { id: 'late' }, { timeout: '200ms' })
  expect(await outcomeOf(late)).to.equal('BUS_RPC_TIMEOUT')
  const waiting = outcomeOf(caller.call('shop.things.keep', { id: 'waiting' }, patient))
  await begun.opened
  gates.late.open()
  for (let id = 0; id < 5; id++) expect(await caller.call(make, { id }, patient)).to.equal(id)
  gates.waiting.open()
  expect(await waiting).to.equal('waiting')
}

/** What transports offer: one claim for a key, an outcome for all, and a time after which both are forgotten. */
async function outcomesAreKept(stage: Stage): Promise<void> {
  const stores = await Promise.all(
    [0, 1].map(
      async () => (await stage.rpc()).outcomes ?? expect.fail('a transport with idempotency has outcomes'),
    ),
  )
  const [one, other] = stores
  if (!one || !other) return expect.fail('two stores were expected')
  const long = { ttlMs: 60_000 }
  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 ? one : other).claim('shop.things', 'k', long)),
  )
  expect(claims.filter((claim) => claim === 'mine')).to.have.length(1)
  expect(claims.filter((claim) => claim === 'running')).to.have.length(9)
  expect(await one.claim('bank.things', 'k', long), 'the key in another API').to.equal('mine')
  await one.record('shop.things', 'k', { paid: [1, null] }, long)
  expect(await other.claim('shop.things', 'k', long)).to.deep.equal({ value: { paid: [1, null] } })
  await other.release('bank.things', 'k')
  expect(await one.claim('bank.things', 'k', { ttlMs: 300 }), 'a released key').to.equal('mine')
  await one.record('bank.things', 'kept', null, { ttlMs: 300 })
  await stage.pass(600)
  expect(await other.claim('bank.things', 'k', long), 'a claim that is over').to.equal('mine')
  expect(await other.claim('bank.things', 'kept', long), 'an outcome that is over').to.equal('mine')
}

async function callsAreRepeated(stage: Stage): Promise<void> {
  const executed: unknown[] = []
  let fails = true
  const handlers = {
    make: ({ id }: { readonly id?: unknown }) => `${String(id)} ${executed.push(id)}`,
    break: ({ id }: { readonly id?: unknown }) => {
      executed.push(id)
      if (fails) throw new Error('not yet')
      return 'done'
    },
  }
  const first = await serving(stage, things, handlers)
  const caller = stage.bus([things])
  const call = (path: string, id: string, idempotencyKey?: string) =>
    caller.call(`shop.things.${path}`, { id }, { ...patient, ...(idempotencyKey && { idempotencyKey }) })
  expect(await call('make', 'a', 'key')).to.equal('a 1')
  expect(await call('make', 'b', 'key'), 'with the same key').to.equal('a 1')
  await serving(stage, things, handlers)
  await first.stop()
  expect(await call('make', 'c', 'key'), 'by another process').to.equal('a 1')
  expect(await call('make', 'd', 'other'), 'with another key').to.equal('d 2')
  expect([await call('make', 'e'), await call('make', 'e')], 'without a key').to.deep.equal(['e 3', 'e 4'])
  expect(await outcomeOf(call('break', 'f', 'key')), 'another procedure').to.equal('BUS_RPC_REMOTE_FAILURE')
  fails = false
  expect(await call('break', 'f', 'key'), 'after a failure').to.equal('done')
  expect(await call('break', 'f', 'key'), 'after a success').to.equal('done')
  const race = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(call('make', 'g', 'race'))))
  for (const outcome of race) expect(outcome).to.be.oneOf(['g 7', 'BUS_RPC_BUSY'])
  expect(race, 'who was first').to.include('g 7')
  expect(executed, 'all that was executed').to.deep.equal(['a', 'd', 'e', 'e', 'f', 'f', 'g'])
}
