import { createCall, createResult, type RpcDelivery, type RpcMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  namespace,
  pulling,
  redis,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
  until,
} from './redis-fixture.ts'

const schema = (apiName: string) => ({ apiName, events: {}, rpcs: {} })
const call = (apiName: string, returnPath = 'redis+key://nowhere'): RpcMessage => ({
  ...createCall({ apiName, procedureName: 'ask', parameters: { n: 1 }, headers: { tenant: 'a' } }),
  returnPath,
})

describe('calls, results and schemas over Redis', () => {
  const open: { close(): Promise<void> }[] = []
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  async function opened<T extends { open(): Promise<void>; close(): Promise<void> }>(
    transport: T,
  ): Promise<T> {
    open.push(transport)
    await transport.open()
    return transport
  }

  it('are executed by one of two workers only, and answered', async () => {
    const client = testContext()
    const results = await opened(resultTransport(client))
    const rpcs = await opened(rpcTransport(client))
    const executed: RpcDelivery[] = []
    const controller = new AbortController()
    const loops = []
    for (const context of [testContext(), testContext()]) {
      const worker = await opened(rpcTransport(context))
      const answers = await opened(resultTransport(context))
      const consumer = await worker.consume({ apiNames: ['once'], prefetch: () => 3 })
      loops.push(
        (async () => {
          for await (const delivery of consumer.calls(controller.signal)) {
            executed.push(delivery)
            const { id, returnPath } = delivery.call ?? { id: '', returnPath: '' }
            await answers.send(createResult(id, { type: 'value', value: 42 }), returnPath)
            delivery.done()
          }
        })(),
      )
    }
    const calls = Array.from({ length: 40 }, () => call('once'))
    await Promise.all(
      calls.map(async (one) => {
        const pending = await results.expect(one)
        expect(await rpcs.send({ ...one, returnPath: pending.returnPath }, { timeoutMs: 5_000 })).to.equal(
          'some',
        )
        const { outcome } = await pending.receive(AbortSignal.timeout(5_000))
        expect(outcome).to.deep.equal({ type: 'value', value: 42 })
      }),
    )
    controller.abort()
    await Promise.all(loops)
    expect(executed).to.have.length(40)
    expect(executed[0]?.call?.headers).to.deep.equal({ tenant: 'a' })
  })

  it('are not executed after their time, nor when cancelled', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const late = call('late')
    await rpcs.send(late, { timeoutMs: 20 })
    await until(
      'it has expired',
      async () => (await redis.exists(`${namespace}rpc_expiry_key:${late.id}`)) === 0,
    )
    const cancelled = call('late')
    await rpcs.send(cancelled, { timeoutMs: 5_000 })
    await rpcs.cancel(cancelled)
    const good = call('late')
    await rpcs.send(good, { timeoutMs: 5_000 })
    const consumer = await rpcs.consume({ apiNames: ['late'], prefetch: () => 3 })
    const delivery = await pulling<RpcDelivery>((signal) => consumer.calls(signal)).next()
    expect(delivery.call?.id).to.equal(good.id)
    expect((delivery as { remainingMs: number }).remainingMs).to.be.within(1, 5_000)
  })

  it('know who serves: none, some, and unsure beside a Python owner', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const schemas = await opened(schemaTransport(testContext()))
    const send = () => rpcs.send(call('who'), { timeoutMs: 1_000 })
    expect(await send()).to.equal('none')
    await schemas.store(schema('who'), { ttlMs: 60_000 })
    expect(await send()).to.equal('none')
    const consumer = await rpcs.consume({ apiNames: ['who'], prefetch: () => 3 })
    expect(await send()).to.equal('some')
    await consumer.close()
    expect(await send()).to.equal('none')
    await redis.set(`${namespace}schema:who`, '{"events": {}, "rpcs": {}}')
    await schemas.store(schema('who'), { ttlMs: 60_000 })
    expect(await send()).to.equal('unsure')
  })

  it('are taken only as there is room', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const consumer = await rpcs.consume({ apiNames: ['room'], prefetch: () => 1 })
    const pull = pulling<RpcDelivery>((signal) => consumer.calls(signal))
    const [first, second] = [call('room'), call('room')]
    const taken = pull.next()
    for (const one of [first, second]) await rpcs.send(one, { timeoutMs: 5_000 })
    const delivery = await taken
    expect(delivery.call?.id).to.equal(first.id)
    expect(await redis.llen(`${namespace}room:lightbus:calls`)).to.equal(1)
    delivery.done()
    expect((await pull.next()).call?.id).to.equal(second.id)
  })

  it('are taken at once when there is more room than before', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    let prefetch = 1
    const consumer = await rpcs.consume({ apiNames: ['grow'], prefetch: () => prefetch })
    const pull = pulling<RpcDelivery>((signal) => consumer.calls(signal))
    const [first, second] = [call('grow'), call('grow')]
    for (const one of [first, second]) await rpcs.send(one, { timeoutMs: 5_000 })
    expect((await pull.next()).call?.id).to.equal(first.id)
    const next = pull.next()
    prefetch = 2
    consumer.refresh()
    expect((await next).call?.id).to.equal(second.id)
  })

  it('go directly to servers of ours, and where there are none to the queue that all languages share', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const waiting = async (): Promise<readonly number[]> => [
      await redis.llen(`${namespace}way:rpc_queue`),
      await redis.llen(`${namespace}way:lightbus:calls`),
    ]
    const early = call('way')
    await rpcs.send(early, { timeoutMs: 5_000 })
    expect(await waiting()).to.deep.equal([1, 0])
    expect(await redis.pttl(`${namespace}rpc_expiry_key:${early.id}`)).to.be.within(1, 5_000)

    const consumer = await rpcs.consume({ apiNames: ['way'], prefetch: () => 1 })
    const late = call('way')
    await rpcs.send(late, { timeoutMs: 5_000 })
    expect(await waiting()).to.deep.equal([1, 1])
    expect(await redis.exists(`${namespace}rpc_expiry_key:${late.id}`)).to.equal(0)
    const pull = pulling<RpcDelivery>((signal) => consumer.calls(signal))
    const ids = []
    for (let n = 0; n < 2; n += 1) {
      const delivery = await pull.next()
      expect(delivery).to.have.property('remainingMs').that.is.within(1, 5_000)
      ids.push(delivery.call?.id)
      delivery.done()
    }
    expect(ids).to.have.members([early.id, late.id])
  })

  it('go to the queue that all languages share when the last server of ours leaves', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const consumers = [
      await rpcs.consume({ apiNames: ['leave'], prefetch: () => 1 }),
      await rpcs.consume({ apiNames: ['leave'], prefetch: () => 1 }),
    ]
    const [first, second] = [call('leave'), call('leave')]
    for (const one of [first, second]) await rpcs.send(one, { timeoutMs: 5_000 })
    await consumers[0]?.close()
    expect(await redis.llen(`${namespace}leave:lightbus:calls`)).to.equal(2)
    await consumers[1]?.close()
    const queued = await redis.lrange(`${namespace}leave:rpc_queue`, 0, -1)
    expect(
      queued.map((blob) => (JSON.parse(blob) as { metadata: { id: string } }).metadata.id),
    ).to.deep.equal([first.id, second.id])
    expect(await redis.pttl(`${namespace}rpc_expiry_key:${first.id}`)).to.be.within(1, 5_000)
  })

  it('that wait for servers of ours are taken out when their callers give up', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const consumer = await rpcs.consume({ apiNames: ['gone'], prefetch: () => 1 })
    const [gone, good] = [call('gone'), call('gone')]
    for (const one of [gone, good]) await rpcs.send(one, { timeoutMs: 5_000 })
    await rpcs.cancel(gone)
    expect(await redis.llen(`${namespace}gone:lightbus:calls`)).to.equal(1)
    const delivery = await pulling<RpcDelivery>((signal) => consumer.calls(signal)).next()
    expect(delivery.call?.id).to.equal(good.id)
  })

  it('are not executed where their callers gave up while too many waited to find them', async () => {
    const rpcs = await opened(rpcTransport(testContext()))
    const consumer = await rpcs.consume({ apiNames: ['crowd'], prefetch: () => 1 })
    const crowd = Array.from({ length: 300 }, () => call('crowd'))
    for (const one of crowd) await rpcs.send(one, { timeoutMs: 20_000 })
    const [gone, last] = [crowd[298] as RpcMessage, crowd[299] as RpcMessage]
    await rpcs.cancel(gone)
    const pull = pulling<RpcDelivery>((signal) => consumer.calls(signal))
    const taken = []
    for (let id: unknown; id !== last.id;) {
      const delivery = await pull.next()
      id = delivery.call?.id
      taken.push(id)
      delivery.done()
    }
    expect(taken).to.have.lengthOf(299).and.not.include(gone.id)
  })

  it('fail fast when Redis has lost the place where their results come to', async () => {
    const results = await opened(resultTransport(testContext()))
    const [lost, good] = [call('lost'), call('lost')]
    const pending = await results.expect(lost)
    const key = pending.returnPath.slice('redis+key://'.length)
    expect(await redis.del(`${key}:alive`)).to.equal(1)
    const error = await pending.receive(AbortSignal.timeout(5_000)).catch((failure: unknown) => failure)
    expect(error).to.have.property('code', 'BUS_RESULT_PATH_LOST')

    const again = await results.expect(good)
    await results.send(createResult(good.id, { type: 'value', value: 1 }), again.returnPath)
    expect((await again.receive(AbortSignal.timeout(5_000))).outcome).to.have.property('value', 1)
    await results.close()
    expect(await redis.exists(key, `${key}:alive`)).to.equal(0)
  })

  it('that cannot be read are answered where possible, and reported otherwise', async () => {
    const context = testContext()
    const rpcs = await opened(rpcTransport(context))
    const consumer = await rpcs.consume({ apiNames: ['bad'], prefetch: () => 3 })
    const metadata = { id: 'i', return_path: 'redis+key://x' }
    await redis.rpush(`${namespace}bad:rpc_queue`, 'nonsense', JSON.stringify({ metadata, kwargs: {} }))
    const delivery = await pulling<RpcDelivery>((signal) => consumer.calls(signal)).next()
    expect(delivery.undecodable?.code).to.equal('BUS_RPC_UNDECODABLE')
    expect((delivery as { answer?: object }).answer).to.deep.equal({
      callId: 'i',
      returnPath: 'redis+key://x',
    })
    expect(context.notices.map(({ type }) => type)).to.deep.equal(['unreadable'])
  })

  it('carry errors with type, code, data and trace', async () => {
    const results = await opened(resultTransport(testContext()))
    const one = call('err')
    const pending = await results.expect(one)
    const error = { message: 'boom', type: 'RangeError', code: 'E', data: { a: [1] }, trace: 'at x' }
    const result = createResult(one.id, { type: 'error', error }, { h: '1' })
    await results.send(result, pending.returnPath)
    expect(await pending.receive(AbortSignal.timeout(5_000))).to.deep.equal(result)
    const foreign = await results.send(result, 'memory://x').catch((failure: unknown) => failure)
    expect(foreign).to.have.property('code', 'BUS_RESULT_PATH_FOREIGN')
  })

  it('expire unread results after the time of the option', async () => {
    const results = await opened(resultTransport(testContext(), { result_ttl: '7s' }))
    const key = `${namespace}unread`
    await results.send(createResult('c', { type: 'value', value: 1 }), `redis+key://${key}`)
    expect(await redis.pttl(key)).to.be.within(1, 7_000)
  })

  it('are described by schemas that live for their time', async () => {
    const context = testContext()
    const own = { url: process.env['REDIS_URL'], namespace: `${namespace}s:` }
    const schemas = await opened(schemaTransport(context, own))
    const described = {
      apiName: 'a.b',
      events: { e: { parameters: { type: 'object' } } },
      rpcs: { p: { parameters: { type: 'object' }, response: {} } },
    }
    await schemas.store(described, { ttlMs: 40_000 })
    await schemas.store(schema('short'), { ttlMs: 1 })
    await schemas.store(schema('corrupt'), { ttlMs: undefined })
    expect(await redis.ttl(`${own.namespace}schema:corrupt`)).to.equal(-1)
    await redis.set(`${own.namespace}schema:corrupt`, '[')
    await until('it has expired', async () => (await redis.exists(`${own.namespace}schema:short`)) === 0)
    expect(await schemas.load()).to.deep.equal([described])
    expect(await redis.sismember(`${own.namespace}schemas`, 'short')).to.equal(0)
    expect(context.notices.map(({ type }) => type)).to.deep.equal(['unreadable'])
    expect(await schemas.store(described, { ttlMs: 40_000 })).to.deep.equal({})
    expect(await redis.pttl(`${own.namespace}schema:a.b`)).to.be.within(1, 40_000)
  })

  it('are described by one schema at a time, and whoever replaces another one is told', async () => {
    const schemas = await opened(schemaTransport(testContext()))
    const [old, other] = [{ type: 'object' }, { type: 'object', additionalProperties: false }].map(
      (parameters) => ({ apiName: 'told', events: { e: { parameters } }, rpcs: {} }),
    )
    const store = (one: typeof old) => schemas.store(one!, { ttlMs: 30_000 })
    expect(await store(old)).to.deep.equal({})
    expect(await store(old)).to.deep.equal({})
    expect(await store(other)).to.deep.equal({ replaced: old })
    expect(await store(other)).to.deep.equal({})
    const text =
      '{"rpcs": {}, "events": {"e": {"parameters": {"additionalProperties": false, "type": "object"}}}}'
    await redis.set(`${namespace}schema:told`, text)
    expect(await store(other)).to.deep.equal({})
    await redis.del(`${namespace}schema:told`)
    expect(await store(old)).to.deep.equal({})
  })
})
