import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { eventTransport, namespace, pulling, redis, testContext, until } from './redis-fixture.ts'

const event = (apiName: string, n: number) =>
  createEventMessage({
    apiName,
    eventName: 'happened',
    parameters: { n },
    headers: { tenant: 'a' },
    key: `k${n}`,
  })
const address = (apiName: string, eventName = 'happened') => [{ apiName, eventName }]

describe('events over Redis', () => {
  const open: { close(): Promise<void> }[] = []
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  async function opened(context = testContext(), options: object = {}) {
    const transport = eventTransport(context, options)
    open.push(transport)
    await transport.open()
    return transport
  }

  async function pendingOf(stream: string, group: string): Promise<number> {
    return ((await redis.xpending(`${namespace}${stream}`, group)) as [number])[0]
  }

  it('are fired, handled and acknowledged, in order and more than a batch of them', async () => {
    const transport = await opened()
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('a'),
      prefetch: () => 5,
    })
    const sent = Array.from({ length: 30 }, (_, n) => event('a', n))
    for (const one of sent) await transport.send(one)
    const pull = pulling((signal) => listening.deliveries(signal))
    for (const one of sent) {
      const delivery = await pull.next()
      expect(delivery.event).to.deep.equal(one)
      expect(delivery.attempt).to.equal(1)
      expect(await listening.acknowledge(delivery.receipt)).to.equal('settled')
      expect(await listening.acknowledge(delivery.receipt)).to.equal('lost')
    }
    expect(await pendingOf('a.*:stream', 'shop-l')).to.equal(0)
  })

  it('reach a listener that waits, and each of two groups', async () => {
    const transport = await opened()
    const request = { events: address('two'), prefetch: () => 1 }
    const pulls = []
    for (const listenerName of ['x', 'y']) {
      const listening = await transport.subscribe({ ...request, listenerName })
      pulls.push(pulling((signal) => listening.deliveries(signal)))
    }
    const waiting = pulls.map((pull) => pull.next())
    const one = event('two', 1)
    await transport.send(one)
    for (const delivery of await Promise.all(waiting)) expect(delivery.event?.id).to.equal(one.id)
  })

  it('of a process that died are found by its successor of the same name', async () => {
    const first = await opened(testContext('shop', 'p1'))
    const listening = await first.subscribe({ listenerName: 'l', events: address('own'), prefetch: () => 5 })
    await first.send(event('own', 1))
    await pulling((signal) => listening.deliveries(signal)).next()
    const second = await opened(testContext('shop', 'p1'))
    const again = await second.subscribe({ listenerName: 'l', events: address('own'), prefetch: () => 5 })
    const delivery = await pulling((signal) => again.deliveries(signal)).next()
    expect(delivery.attempt).to.equal(2)
  })

  it('come again when given back, at once or after a delay', async () => {
    const transport = await opened()
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('back'),
      prefetch: () => 1,
    })
    await transport.send(event('back', 1))
    const pull = pulling((signal) => listening.deliveries(signal))
    expect(await listening.giveBack((await pull.next()).receipt)).to.equal('settled')
    const second = await pull.next()
    expect(second.attempt).to.equal(2)
    const before = Date.now()
    await listening.giveBack(second.receipt, { delayMs: 200 })
    expect((await pull.next()).attempt).to.equal(3)
    expect(Date.now() - before).to.be.at.least(195)
  })

  it('come again no sooner when given back for longer than the lease by a process that has gone', async () => {
    const options = { acknowledgement_timeout: '50ms', reclaim_interval: '20ms' }
    const request = { listenerName: 'l', events: address('rest'), prefetch: () => 5 }
    const first = await opened(testContext('shop', 'same'), options)
    const listening = await first.subscribe(request)
    await first.send(event('rest', 1))
    const { receipt } = await pulling((signal) => listening.deliveries(signal)).next()
    const before = Date.now()
    expect(await listening.giveBack(receipt, { delayMs: 300 })).to.equal('settled')
    await first.close()
    const heirs = [testContext('shop', 'same'), testContext()].map(async (context) => {
      const heir = await (await opened(context, options)).subscribe(request)
      return pulling((signal) => heir.deliveries(signal)).next()
    })
    const delivery = await Promise.race(heirs)
    expect(delivery.attempt).to.equal(2)
    expect(Date.now() - before).to.be.at.least(295)
    for (const heir of heirs) heir.catch(() => undefined)
    const record = `${namespace}rest.*:stream:shop-l:resting`
    await until('nothing is left of its rest', async () => (await redis.exists(record)) === 0)
  })

  it('that were trimmed away in hand are told of when they are given back', async () => {
    const context = testContext()
    const transport = await opened(context)
    const request = { listenerName: 'l', events: address('trim'), prefetch: () => 5 }
    const first = await transport.subscribe(request)
    await transport.send(event('trim', 1))
    await pulling((signal) => first.deliveries(signal)).next()
    await redis.xtrim(`${namespace}trim.*:stream`, 'MAXLEN', 0)
    await first.close()
    const second = await transport.subscribe(request)
    await transport.send(event('trim', 2))
    const delivery = await pulling((signal) => second.deliveries(signal)).next()
    expect(delivery.event?.parameters).to.deep.equal({ n: 2 })
    const [notice, ...rest] = context.notices
    expect(notice).to.include({ type: 'messages-lost', group: 'shop-l', count: 1 })
    expect(rest).to.deep.equal([])
  })

  it('are taken over from a process that closed', async () => {
    const first = await opened()
    const request = { listenerName: 'l', events: address('over'), prefetch: () => 5 }
    const listening = await first.subscribe(request)
    const second = await opened(testContext(), { reclaim_interval: '50ms' })
    await first.send(event('over', 1))
    await pulling((signal) => listening.deliveries(signal)).next()
    await first.close()
    const taker = await second.subscribe(request)
    expect((await pulling((signal) => taker.deliveries(signal)).next()).attempt).to.equal(2)
  })

  it('stay with a living holder beyond the lease, and are lost to it when taken away', async () => {
    const options = { acknowledgement_timeout: '150ms', reclaim_interval: '20ms' }
    const first = await opened(testContext('shop', 'holder'), options)
    const request = { listenerName: 'l', events: address('lease'), prefetch: () => 5 }
    const listening = await first.subscribe(request)
    await first.send(event('lease', 1))
    const delivery = await pulling((signal) => listening.deliveries(signal)).next()
    const stream = `${namespace}lease.*:stream`
    const started = Date.now()
    await until('twice the lease is over', async () => {
      const [entry] = (await redis.xpending(stream, 'shop-l', '-', '+', 1)) as [string, string, number][]
      expect(entry?.[2]).to.be.below(150)
      return Date.now() - started > 300
    })
    await redis.xclaim(stream, 'shop-l', 'thief', 0, delivery.nativeId.split('/')[1] ?? '')
    await until('the loss is noticed', () => delivery.lost?.aborted === true)
    expect(await listening.acknowledge(delivery.receipt)).to.equal('lost')
  })

  it('become dead letters with their raw fields and the reason', async () => {
    const transport = await opened()
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('dead'),
      prefetch: () => 1,
    })
    const one = event('dead', 1)
    await transport.send(one)
    const delivery = await pulling((signal) => listening.deliveries(signal)).next()
    const reason = { code: 'BUS_X', message: 'boom', attempts: 3 }
    expect(await listening.deadLetter(delivery.receipt, reason)).to.equal('settled')
    const [letter] = await redis.xrange(`${namespace}dead.*:stream:shop-l:dead`, '-', '+')
    expect(letter?.[1]).to.include.members([one.id, 'lightbus-reason', 'BUS_X', 'boom', '3'])
    expect(await pendingOf('dead.*:stream', 'shop-l')).to.equal(0)
  })

  it('that cannot be read are delivered as such; no-ops and unwanted ones are passed over', async () => {
    const transport = await opened()
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('odd'),
      prefetch: () => 9,
    })
    const stream = `${namespace}odd.*:stream`
    await redis.xadd(stream, '*', '', '')
    await transport.send(createEventMessage({ apiName: 'odd', eventName: 'other', parameters: {} }))
    await redis.xadd(stream, '*', 'what', 'ever')
    const delivery = await pulling((signal) => listening.deliveries(signal)).next()
    expect(delivery.undecodable?.code).to.equal('BUS_EVENT_UNDECODABLE')
    expect(await pendingOf('odd.*:stream', 'shop-l')).to.equal(1)
  })

  it('travel in a stream for each event where the options say so', async () => {
    const transport = await opened(testContext(), { stream_use: 'per_event' })
    await transport.send(event('per', 1))
    expect(await redis.xlen(`${namespace}per.happened:stream`)).to.equal(1)
    const events = address('per')
    const listening = await transport.subscribe({
      listenerName: 'l',
      since: 'beginning',
      events,
      prefetch: () => 1,
    })
    expect((await pulling((signal) => listening.deliveries(signal)).next()).event?.apiName).to.equal('per')
  })

  it('that were fetched and not handed out are given back when the listener stops', async () => {
    const transport = await opened()
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('stop'),
      prefetch: () => 5,
    })
    for (let n = 0; n < 3; n += 1) await transport.send(event('stop', n))
    const pull = pulling((signal) => listening.deliveries(signal))
    await pull.next()
    pull.stop()
    expect((await pull.ended()).done).to.equal(true)
    const pending = (await redis.xpending(`${namespace}stop.*:stream`, 'shop-l', '-', '+', 9)) as [
      string,
      string,
      number,
      number,
    ][]
    expect(pending.map((entry) => entry[2] >= 60_000)).to.deep.equal([false, true, true])
    expect(pending.map((entry) => entry[3])).to.deep.equal([1, 0, 0])
  })

  it('are held back while the listener is paused, and its state says what it does', async () => {
    const transport = await opened()
    let prefetch = 1
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('pause'),
      prefetch: () => prefetch,
    })
    expect(listening.state).to.equal('accepting')
    const pull = pulling((signal) => listening.deliveries(signal))
    for (let n = 1; n <= 3; n += 1) await transport.send(event('pause', n))
    const first = await pull.next()
    expect(listening.state).to.equal('busy')
    const second = pull.next()
    prefetch = 2
    listening.refresh()
    expect((await second).event?.parameters).to.deep.equal({ n: 2 })

    listening.pause!()
    expect(listening.state).to.equal('paused')
    let isHandedOut = false
    const third = pull.next().finally(() => (isHandedOut = true))
    expect(await listening.acknowledge(first.receipt)).to.equal('settled')
    const other = await transport.subscribe({
      listenerName: 'sentinel',
      since: 'beginning',
      events: address('pause'),
      prefetch: () => 3,
    })
    const sentinel = pulling((signal) => other.deliveries(signal))
    for (let n = 1; n <= 3; n += 1) await sentinel.next()
    expect(isHandedOut).to.equal(false)
    listening.resume!()
    expect((await third).event?.parameters).to.deep.equal({ n: 3 })
    await listening.close()
    expect(listening.state).to.equal('stopped')
  })

  it('go on after a stream was deleted, with a notice', async () => {
    const context = testContext()
    const transport = await opened(context)
    const listening = await transport.subscribe({
      listenerName: 'l',
      events: address('gone'),
      prefetch: () => 1,
    })
    await redis.del(`${namespace}gone.*:stream`)
    await transport.send(event('gone', 7))
    const delivery = await pulling((signal) => listening.deliveries(signal)).next()
    expect(delivery.event?.parameters).to.deep.equal({ n: 7 })
    expect(context.notices.map(({ type }) => type)).to.deep.equal(['state-lost'])
  })

  it('end at once for a listener that waits when it stops, and when the transport closes', async () => {
    const transport = await opened()
    const request = { listenerName: 'l', events: address('wait'), prefetch: () => 1 }
    const listening = await transport.subscribe(request)
    const first = pulling((signal) => listening.deliveries(signal))
    const waiting = first.ended()
    first.stop()
    expect((await waiting).done).to.equal(true)
    const second = pulling((signal) => listening.deliveries(signal)).ended()
    await transport.close()
    expect((await second).done).to.equal(true)
  })
})
