import { createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'
import { callTo, rejection, taken, testBroker, testProcess } from './processes.ts'

const soon = { timeoutMs: 5_000 }

describe('the memory RPC transport', () => {
  const { clock, broker } = testBroker()
  const caller = testProcess(broker, 'caller')
  const server = testProcess(broker, 'server')
  const serving = new AbortController()

  beforeEach(() => Promise.all([caller.open(), server.open()]))
  afterEach(async () => {
    await Promise.all([caller.close(), server.close()])
    broker.wipe()
    expect(broker.inspect()).to.deep.include({ connections: 0, keys: [], timers: 0 })
  })

  async function serve(apiNames: readonly string[], prefetch = () => 10) {
    const consumer = await server.rpc.consume({ apiNames, prefetch })
    return { consumer, calls: consumer.calls(serving.signal)[Symbol.asyncIterator]() }
  }

  it('rejects before it is opened', async () => {
    const unopened = testProcess(broker, 'unopened')
    expect(await rejection(unopened.rpc.send(callTo('quiet'), soon))).to.have.property(
      'code',
      'BUS_TRANSPORT_CLOSED',
    )
    expect(await unopened.rpc.health()).to.have.property('isUp', false)
  })

  it('serves a quiet API between the calls of a busy one', async () => {
    for (const apiName of ['busy', 'busy', 'busy', 'quiet']) await caller.rpc.send(callTo(apiName), soon)
    const { calls } = await serve(['busy', 'quiet'])
    const order: unknown[] = []
    while (order.length < 4) order.push((await taken(calls)).call?.apiName)
    expect(order).to.deep.equal(['busy', 'quiet', 'busy', 'busy'])
  })

  it('hands over no more than the prefetch until a call is done, which counts once', async () => {
    const { calls } = await serve(['busy'], () => 1)
    const sent = [callTo('busy'), callTo('busy'), callTo('busy')]
    for (const call of sent) await caller.rpc.send(call, soon)
    const first = await taken(calls)
    const second = taken(calls)
    let isThirdHere = false
    const third = taken(calls).then(() => (isThirdHere = true))
    first.done()
    first.done()
    expect((await second).call?.id).to.equal(sent[1]?.id)
    expect(isThirdHere).to.equal(false)
    const done = await second
    done.done()
    await third
  })

  it('takes more at a refresh when the prefetch has grown', async () => {
    let room = 0
    const { calls, consumer } = await serve(['busy'], () => room)
    const first = taken(calls)
    const call = callTo('busy')
    await caller.rpc.send(call, soon)
    expect(broker.inspect().keys).to.deep.equal([{ name: `call:busy:${call.id}`, ttlMs: 5_000 }])
    room = 1
    consumer.refresh()
    expect((await first).call?.id).to.equal(call.id)
  })

  it('judges a deadline by the clock of the broker', async () => {
    await caller.rpc.send(callTo('busy'), { timeoutMs: 1_000 })
    await caller.rpc.send(callTo('busy'), { timeoutMs: 3_000 })
    clock.advance(2_000)
    const { calls } = await serve(['busy'])
    expect(await taken(calls)).to.have.property('remainingMs', 1_000)
  })

  it('lets a cancelling caller reach a call that waits and one that runs', async () => {
    const { calls } = await serve(['busy'], () => 1)
    const [running, waiting] = [callTo('busy'), callTo('busy')]
    for (const call of [running, waiting]) await caller.rpc.send(call, soon)
    const delivery = await taken(calls)
    for (const call of [waiting, running]) await caller.rpc.cancel(call)
    expect(!delivery.undecodable && delivery.cancelled?.aborted).to.equal(true)
    expect(broker.inspect().keys).to.deep.equal([])
  })

  it('refuses a message that is too large, in bytes', async () => {
    const context = { serviceName: 'a', processName: 'b', clock, report: () => {} }
    const call = { ...callTo('busy'), parameters: { text: 'ä' } }
    const bytes = Buffer.byteLength(JSON.stringify(call))
    const sendWithin = async (max_message_bytes: number) => {
      const rpc = transportModule.rpc.create({ broker, max_message_bytes }, context)
      await rpc.open()
      try {
        return await rpc.send(call, soon)
      } finally {
        await rpc.close()
      }
    }
    expect(await sendWithin(bytes)).to.equal('none')
    const error = await rejection(sendWithin(bytes - 1))
    const facts = { message: 'busy.buy', bytes, maxBytes: bytes - 1 }
    expect(error).to.deep.include({ code: 'BUS_MESSAGE_TOO_LARGE', facts })
  })

  it('delivers what cannot be read, with what is needed to answer if that can be made out', async () => {
    const { calls } = await serve(['busy'])
    broker.rpcs.inject('busy', '{"id":"a","returnPath":"memory+reply://own/b","kwargs')
    broker.rpcs.inject('busy', '')
    const answerable = await taken(calls)
    expect(answerable).to.have.nested.property('undecodable.code', 'BUS_RPC_UNDECODABLE')
    expect(answerable).to.have.deep.property('answer', { callId: 'a', returnPath: 'memory+reply://own/b' })
    expect(await taken(calls)).to.not.have.property('answer')
  })

  it('keeps the outcome of a call with an idempotency key', async () => {
    const [ours, theirs] = [caller.rpc.outcomes, server.rpc.outcomes]
    const ttl = { ttlMs: 1_000 }
    expect(await ours.claim('busy', 'a', ttl)).to.equal('mine')
    expect(await theirs.claim('busy', 'a', ttl)).to.equal('running')
    await ours.release('busy', 'a')
    expect(await theirs.claim('busy', 'a', ttl)).to.equal('mine')
    await theirs.record('busy', 'a', { total: 5 }, ttl)
    await ours.release('busy', 'a')
    expect(await ours.claim('busy', 'a', ttl)).to.deep.equal({ value: { total: 5 } })
    expect(await ours.claim('quiet', 'a', ttl)).to.equal('mine')
    clock.advance(1_000)
    expect(await ours.claim('busy', 'a', ttl)).to.equal('mine')
  })

  it('fails the wait for a result that cannot be read, and reports one that nobody can be told of', async () => {
    const call = callTo('busy')
    const pending = await caller.result.expect(call)
    broker.injectResult(pending.returnPath, '{')
    broker.injectResult(pending.returnPath, JSON.stringify({ id: 'a', callId: call.id, headers: {} }))
    expect(await rejection(pending.receive(serving.signal))).to.have.property(
      'code',
      'BUS_RESULT_UNDECODABLE',
    )
    expect(caller.notices.map(({ type }) => type)).to.deep.equal(['unreadable'])
  })

  it('rejects a return path of another kind', async () => {
    for (const path of ['', 'redis+reply://x/y', `memory+reply://own/${'0'.repeat(32)}`]) {
      const error = await rejection(server.result.send(createResult('a', { type: 'value', value: 1 }), path))
      expect(error).to.have.property('code', 'BUS_RESULT_PATH_FOREIGN')
    }
  })

  it('tells which other schema it has replaced, and leaves out a corrupt one', async () => {
    const schema = { apiName: 'busy', events: {}, rpcs: {} }
    const other = { ...schema, events: { placed: { parameters: {} } } }
    const ttl = { ttlMs: 1_000 }
    expect(await caller.schema.store(schema, ttl)).to.deep.equal({})
    expect(await server.schema.store({ rpcs: {}, events: {}, apiName: 'busy' }, ttl)).to.deep.equal({})
    expect(await server.schema.store(other, ttl)).to.deep.equal({ replaced: schema })
    broker.injectSchema('torn', '{"apiName":')
    expect(await caller.schema.load()).to.deep.equal([other])
    expect(caller.notices.at(-1)).to.deep.include({ type: 'unreadable', transport: 'memory' })
    clock.advance(1_000)
    expect(await caller.schema.store(schema, ttl)).to.deep.equal({})
  })
})
