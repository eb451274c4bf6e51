import {
  createCall,
  createEventMessage,
  createResult,
  type EventMessage,
  type EventTransport,
  type SendEventOptions,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  eventTransport,
  namespace,
  openedInTest,
  pulling,
  redis,
  resultTransport,
  rpcTransport,
  testContext,
  until,
} from './redis-fixture.ts'

const event = (apiName: string, n: number, text = ''): EventMessage =>
  createEventMessage({ apiName, eventName: 'happened', parameters: { n, text } })
const listener = (apiName: string, prefetch = 9) => ({
  listenerName: 'l',
  events: [{ apiName, eventName: 'happened' }],
  prefetch: () => prefetch,
})

describe('sending events over Redis', () => {
  const opened = openedInTest()
  const transport = (options: object = {}, context = testContext()): Promise<EventTransport> =>
    opened(eventTransport(context, options))

  async function listening(events: EventTransport, apiName: string, prefetch?: number) {
    const subscription = await events.subscribe(listener(apiName, prefetch))
    return { subscription, pull: pulling((signal) => subscription.deliveries(signal)) }
  }

  it('sends many at once, in order, each with an outcome of its own', async () => {
    const events = await transport({ max_message_bytes: 2_000 })
    const { pull } = await listening(events, 'batch', 500)
    const batch = Array.from({ length: 300 }, (_, n) => event('batch', n, n === 7 ? 'x'.repeat(3_000) : ''))
    const outcomes = await events.sendBatch!(batch)
    expect(outcomes).to.have.length(300)
    expect(outcomes.flatMap((error, index) => (error ? [[index, error.code]] : []))).to.deep.equal([
      [7, 'BUS_MESSAGE_TOO_LARGE'],
    ])
    for (const one of batch.filter((_, n) => n !== 7)) expect((await pull.next()).event?.id).to.equal(one.id)
    expect(await events.sendBatch!([])).to.deep.equal([])
    await events.close()
    const closed = await events.sendBatch!(batch).catch((error: unknown) => error)
    expect(closed).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('refuses what is larger than the option allows, whatever it is', async () => {
    const limit = { max_message_bytes: 1_000 }
    const large = 'ü'.repeat(600)
    const events = await transport(limit)
    const rpcs = await opened(rpcTransport(testContext(), limit))
    const results = await opened(resultTransport(testContext(), limit))
    const call = createCall({ apiName: 'big', procedureName: 'p', parameters: { large } })
    const tries = [
      () => events.send(event('big', 1, large)),
      () => rpcs.send({ ...call, returnPath: 'redis+key://x' }, { timeoutMs: 1_000 }),
      () => results.send(createResult(call.id, { type: 'value', value: large }), 'redis+key://x'),
    ]
    for (const attempt of tries) {
      const error = await attempt().then(
        () => undefined,
        (failure: unknown) => failure as Error & { facts: { bytes: number } },
      )
      expect(error).to.include({ code: 'BUS_MESSAGE_TOO_LARGE', retriable: false })
      expect(error?.facts).to.include({ maxBytes: 1_000 })
      expect(error?.facts.bytes).to.be.above(1_200)
    }
    await events.send(event('big', 1, 'x'.repeat(500)))
    expect(await redis.xlen(`${namespace}big.*:stream`)).to.equal(1)
    expect(await redis.exists(`${namespace}big:rpc_queue`)).to.equal(0)
  })

  describe('with a delay', () => {
    async function hearDelayed(sender: EventTransport, hearer: EventTransport, apiName: string) {
      const { pull } = await listening(hearer, apiName)
      const before = Date.now()
      const late = event(apiName, 2)
      await sender.send(late, { delayMs: 250 })
      await sender.send(event(apiName, 1), { delayMs: -5 })
      expect((await pull.next()).event?.parameters['n']).to.equal(1)
      return { pull, late, before }
    }

    it('lets them arrive no earlier, and what is past at once', async () => {
      const events = await transport()
      const { pull, late, before } = await hearDelayed(events, events, 'later')
      expect((await pull.next()).event).to.deep.equal(late)
      expect(Date.now() - before).to.be.within(245, 2_000)
      expect(await redis.exists(`${namespace}later.*:stream:delayed`)).to.equal(0)
    })

    it('survives the sender, and is added once by two that look after it', async () => {
      const options = { reclaim_interval: '30ms' }
      const sender = await transport()
      const [one, two] = [await transport(options), await transport(options)]
      await listening(two, 'heirs')
      const { pull, late } = await hearDelayed(sender, one, 'heirs')
      await sender.close()
      expect((await pull.next()).event?.id).to.equal(late.id)
      await until('it is added', async () => (await redis.exists(`${namespace}heirs.*:stream:delayed`)) === 0)
      expect(await redis.xlen(`${namespace}heirs.*:stream`)).to.equal(2)
    })

    it('is kept in order, however many are due', async () => {
      const events = await transport()
      const { pull } = await listening(events, 'crowd', 300)
      const crowd = Array.from({ length: 250 }, (_, n) => event('crowd', n))
      expect(await events.sendBatch!(crowd, { delayMs: 30 })).to.deep.equal(crowd.map(() => undefined))
      await until('all are there', async () => (await redis.xlen(`${namespace}crowd.*:stream`)) === 250)
      for (const one of crowd) expect((await pull.next()).event?.id).to.equal(one.id)
    })

    it('needs nobody who listens, and carries any text', async () => {
      const events = await transport({ max_stream_length: null })
      const odd = event('alone', 1, '\u0000 "ü" 😀\r\n')
      await events.send(odd, { delayMs: 20 })
      const stream = `${namespace}alone.*:stream`
      await until('it is there', async () => (await redis.xlen(stream)) === 1)
      const subscription = await events.subscribe({ ...listener('alone'), since: 'beginning' })
      const delivery = await pulling((signal) => subscription.deliveries(signal)).next()
      expect(delivery.event).to.deep.equal(odd)
    })
  })

  it('stores an event once that is sent twice within the window, as the option says', async () => {
    const events = await transport({ dedup_window: '400ms' })
    const plain = await transport()
    const one = event('same', 1)
    const stream = `${namespace}same.*:stream`
    await Promise.all([events.send(one), events.send(one), events.sendBatch!([one, one])])
    await events.send(one, { delayMs: 1 })
    expect(await redis.exists(`${stream}:delayed`)).to.equal(0)
    expect(await redis.xlen(stream)).to.equal(1)
    await events.send(event('same', 2))
    expect(await redis.xlen(stream)).to.equal(2)
    await until('the window is over', async () => (await redis.exists(`${stream}:sent:${one.id}`)) === 0)
    await events.send(one)
    expect(await redis.xlen(stream)).to.equal(3)
    await plain.send(one)
    expect(await redis.xlen(stream)).to.equal(4)
  })

  describe('with a time to live', () => {
    async function heardAfter(context = testContext(), ttls: SendEventOptions[] = [], options: object = {}) {
      const events = await transport(options, context)
      const apiName = `ttl${ttls.map(({ ttlMs }) => ttlMs).join('_')}`
      const { pull, subscription } = await listening(events, apiName)
      for (const [n, one] of ttls.entries()) await events.send(event(apiName, n), one)
      const shortest = Date.now() + 60
      await until('the short ones have expired', () => Date.now() > shortest)
      await events.send(event(apiName, 99), { ttlMs: 60_000 })
      const heard: unknown[] = []
      while (heard.at(-1) !== 99) {
        const delivery = await pull.next()
        heard.push(delivery.event?.parameters['n'])
        expect(delivery.event?.headers).to.deep.equal({})
        await subscription.acknowledge(delivery.receipt)
      }
      void pull.next().catch(() => undefined)
      return heard
    }

    it('does not hand over what has expired, and says so', async () => {
      const context = testContext()
      const ttls = [{ ttlMs: 50 }, { ttlMs: 30_000 }, {}, { ttlMs: 0 }]
      const heard = await heardAfter(context, ttls)
      expect(heard).to.deep.equal([1, 2, 99])
      await until('it is said', () => context.notices.length > 0)
      expect(context.notices[0]).to.include({ type: 'messages-lost', group: 'shop-l', count: 2 })
    })

    it('takes that of the option unless the event has its own', async () => {
      const heard = await heardAfter(testContext(), [{}, { ttlMs: 20_000 }], { event_ttl: '50ms' })
      expect(heard).to.deep.equal([1, 99])
    })

    it('judges again when it is handed out, and settles what has expired', async () => {
      const events = await transport()
      const { pull, subscription } = await listening(events, 'shelf')
      await events.sendBatch!([event('shelf', 1), event('shelf', 2)], { ttlMs: 150 })
      const first = await pull.next()
      const over = Date.now() + 160
      await until('the second has expired', () => Date.now() > over)
      await events.send(event('shelf', 3))
      expect((await pull.next()).event?.parameters['n']).to.equal(3)
      await subscription.acknowledge(first.receipt)
      void pull.next().catch(() => undefined)
      await until(
        'only the third is pending',
        async () => (await events.standing!(listener('shelf'))).pending === 1,
      )
    })

    it('counts from the sending of a delayed event', async () => {
      const events = await transport()
      const { pull } = await listening(events, 'both')
      await events.send(event('both', 1), { delayMs: 40, ttlMs: 20 })
      await events.send(event('both', 2), { delayMs: 60, ttlMs: 20_000 })
      expect((await pull.next()).event?.parameters['n']).to.equal(2)
    })
  })
})
