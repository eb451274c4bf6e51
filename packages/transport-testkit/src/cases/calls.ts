import { setMaxListeners } from 'node:events'
import { defineApi, procedure } from '@lightbus/core'
import { createResult, transportClosed, type PlainValue, type RpcMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { answerAll, nextName, outcomeOf, patient, send, serving, things } from './calling.ts'
import type { Cases } from './case.ts'
import { next, serve } from './pulling.ts'

/** R1–R4, R20, R26 and R30: calls on their way to a server, and their results on the way back. */
export const callsCases = {
  async R1(stage) {
    const caller = stage.process()
    const executed: (string | undefined)[] = []
    const work = async (): Promise<void> => {
      const { calls } = await serve(stage, await stage.rpc(), { prefetch: 1 })
      for (let call: RpcMessage | undefined; call?.procedureName !== 'last';) {
        const delivery = await next(calls)
        call = delivery.call
        executed.push(call?.id)
        // Who keeps the last one in hand leaves the others to the others.
        if (call?.procedureName !== 'last') delivery.done()
      }
    }
    const servers = Array.from({ length: 4 }, work)
    stage.during(...servers)
    const sent = await Promise.all(Array.from({ length: 40 }, () => send(caller, 'buy')))
    await stage.until(() => executed.length >= sent.length)
    sent.push(...(await Promise.all(servers.map(() => send(caller, 'last')))))
    await Promise.all(servers)
    expect(executed, 'executed, each once').to.have.members(sent.map(({ call }) => call.id))
  },

  async R2(stage) {
    const executed = await Promise.all(Array.from({ length: 10 }, () => answerAll(stage, stage.process())))
    const clients = Array.from({ length: 100 }, () => stage.process())
    const ids = await Promise.all(
      clients.map(async (client) => {
        const { call, pending } = await send(client, 'buy')
        const { callId, outcome } = await pending.receive(stage.signal)
        expect(callId, 'the call that was answered').to.equal(call.id)
        expect(outcome).to.deep.equal({ type: 'value', value: call.id })
        return call.id
      }),
    )
    expect(executed.flat().map(({ id }) => id)).to.have.members(ids)
  },

  async R3(stage) {
    await rawFidelity(stage)
    await busFidelity(stage)
  },

  R4: twoBrokers,

  async R20(stage) {
    const caller = stage.process()
    const rpcs = await caller.rpc()
    const early = await send(caller, 'early')
    if (rpcs.features.presence) expect(early.servers, 'before anybody serves').to.equal('none')
    const server = stage.process()
    const { consumer, calls } = await serve(stage, await server.rpc())
    const delivery = await next(calls)
    expect(delivery.call).to.deep.equal(early.call)
    const results = await server.result()
    const result = createResult(early.call.id, { type: 'value', value: 'late, and in time' })
    await results.send(result, delivery.call?.returnPath ?? '')
    expect((await early.pending.receive(stage.signal)).outcome).to.deep.equal(result.outcome)
    const later = await send(caller, 'later')
    if (rpcs.features.presence) expect(later.servers, 'while it is served').to.equal('some')
    expect(await nextName(calls)).to.equal('later')
    await consumer.close()
    const late = await send(caller, 'late')
    if (rpcs.features.presence) expect(late.servers, 'after its server has gone').to.equal('none')
  },

  async R26(stage) {
    const count = 10_000
    const [caller, server] = [stage.process(), stage.process()]
    const { calls } = await serve(stage, await server.rpc(), { prefetch: count })
    const sent = await Promise.all(Array.from({ length: count }, () => send(caller, 'buy')))
    const stopping = new AbortController()
    setMaxListeners(0, stopping.signal)
    const received = sent.map(({ pending }) => outcomeOf(pending.receive(stopping.signal)))
    const { connections } = await stage.inspect()
    expect(connections, 'connections for ten thousand calls').to.be.within(1, 10)
    const taken: RpcMessage[] = []
    while (taken.length < count) taken.push((await next(calls)).call ?? expect.fail('a call was expected'))
    const answered = new Set(taken.filter((_, index) => index % 2 === 0).map(({ id }) => id))
    const results = await server.result()
    await Promise.all(
      taken
        .filter(({ id }) => answered.has(id))
        .map(({ id, returnPath }) =>
          results.send(createResult(id, { type: 'value', value: id }), returnPath),
        ),
    )
    for (const [index, { call }] of sent.entries())
      if (answered.has(call.id)) expect(await received[index]).to.deep.include({ callId: call.id })
    stopping.abort(transportClosed({ transport: 'the test' }))
    const rpcs = await caller.rpc()
    await Promise.all(sent.filter(({ call }) => !answered.has(call.id)).map(({ call }) => rpcs.cancel(call)))
    for (const [index, { call }] of sent.entries())
      if (!answered.has(call.id)) expect(await received[index]).to.equal('BUS_TRANSPORT_CLOSED')
  },

  async R30(stage) {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { traceparent, tracestate: 'rojo=1,congo=t61r' }
    await serving(stage, things, { list: (_, context) => context.message.headers })
    const caller = stage.bus([things])
    expect(await caller.call('shop.things.list', {}, { ...patient, headers })).to.deep.equal(headers)

    const [client, server] = [stage.process(), stage.process()]
    const { calls } = await serve(stage, await server.rpc())
    const { call, pending } = await send(client, 'buy', { headers })
    const delivery = await next(calls)
    expect(delivery.call?.headers).to.deep.equal(headers)
    const back = { ...headers, 'trace-source': 'shop' }
    const results = await server.result()
    await results.send(createResult(call.id, { type: 'value', value: null }, back), call.returnPath)
    expect((await pending.receive(stage.signal)).headers, 'headers of the result').to.deep.equal(back)
  },
} satisfies Cases

const values: readonly PlainValue[] = [
  null,
  false,
  0,
  -1.5e-7,
  Number.MAX_SAFE_INTEGER,
  '',
  'Größe 🚌 \u0000 \u2028 "\\\n',
  [],
  [1, null, [true, {}]],
  {},
  { 'a.b': 1, '': 2, constructor: 'shop', toString: null, nested: { deep: { er: [0.5] } } },
]

/** What transports carry between them. */
async function rawFidelity(stage: Stage): Promise<void> {
  const [caller, server] = [stage.process(), stage.process()]
  const { calls } = await serve(stage, await server.rpc())
  const results = await server.result()
  for (const value of values) {
    const headers = { tenant: 'Größe 🚌', 'x-empty': '' }
    for (const parameters of [{ value, none: null }, {}]) {
      const { call, pending } = await send(caller, 'buy', { parameters, headers })
      const delivery = await next(calls)
      expect(delivery.call, 'the call').to.deep.equal(call)
      const result = createResult(call.id, { type: 'value', value }, headers)
      await results.send(result, call.returnPath)
      expect(await pending.receive(stage.signal), 'the result').to.deep.equal(result)
      delivery.done()
    }
  }
}

/** What a procedure is given, and what its caller gets. */
async function busFidelity(stage: Stage): Promise<void> {
  const given: unknown[] = []
  await serving(stage, things, {
    make: (parameters, { message }) => {
      given.push(parameters, message.headers)
      return parameters.id
    },
    list: (parameters) => void given.push(parameters),
  })
  const caller = stage.bus([things])
  for (const id of values) {
    const headers = { tenant: 'x' }
    expect(await caller.call('shop.things.make', { id }, { ...patient, headers })).to.deep.equal(id)
    expect(given.splice(0)).to.deep.equal([{ id }, headers])
  }
  const nothing = await caller.call('shop.things.list', undefined, patient)
  expect([nothing, ...given], 'the result of nothing, and no parameters').to.deep.equal([null, {}])
}

/** Another namespace stands for another broker. */
async function twoBrokers(stage: Stage): Promise<void> {
  const api = <const Name extends string>(name: Name) =>
    defineApi(name, { procedures: { name: procedure({}, { type: 'string' }) } })
  const here = [api('shop.stock'), api('shop.prices')] as const
  const there = api('bank.accounts')
  const elsewhere = stage.anotherNamespace()
  const transport = (kind: 'rpc' | 'result') => ({
    [stage.module.name]: stage.options(kind, { namespace: elsewhere }),
  })
  const config = {
    apis: { [there.name]: { rpc_transport: transport('rpc'), result_transport: transport('result') } },
  }
  const server = stage.bus([...here, there], { config })
  for (const each of [...here, there]) server.serve(each, { name: () => each.name })
  await server.start()
  const caller = stage.bus([...here, there], { config })
  for (const { name } of [...here, there])
    expect(await caller.call(`${name}.name`, {}, patient)).to.equal(name)

  const stranger = await send(stage.process({ namespace: elsewhere }), 'name', { apiName: there.name })
  const { outcome } = await stranger.pending.receive(stage.signal)
  expect(outcome, 'the answer on the other broker').to.deep.equal({ type: 'value', value: there.name })
  const lost = await send(stage.process(), 'name', { apiName: there.name })
  const served = await send(stage.process(), 'name', { apiName: 'shop.stock' })
  await served.pending.receive(stage.signal)
  const { calls } = await serve(stage, await stage.rpc(), { apiNames: [there.name] })
  expect((await next(calls)).call?.id, 'what nobody took on the first broker').to.equal(lost.call.id)
}
