import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { eventTransport, namespace, openedInTest, pulling, redis, testContext } from './redis-fixture.ts'

const event = (apiName: string, n: number) =>
  createEventMessage({ apiName, eventName: 'happened', parameters: { n } })
const request = (apiName: string) => ({
  listenerName: 'l',
  events: [{ apiName, eventName: 'happened' }],
  audience: 'every-process' as const,
  prefetch: () => 2,
})

describe('events for every process over Redis', () => {
  const opened = openedInTest()
  const transport = (options: object = {}, context = testContext()) =>
    opened(eventTransport(context, options))

  it('reach each process, from where it asked, and leave nothing behind in Redis', async () => {
    const [one, other] = [await transport(), await transport()]
    await one.send(event('every.all', 0))
    const late = await one.subscribe(request('every.all'))
    const early = await other.subscribe({ ...request('every.all'), since: 'beginning' })
    // Nobody iterates yet.
    for (const n of [1, 2, 3]) await one.send(event('every.all', n))
    for (const [subscription, first] of [[late, 1] as const, [early, 0] as const]) {
      const pull = pulling((signal) => subscription.deliveries(signal))
      for (let n = first; n <= 3; n += 1) {
        const delivery = await pull.next()
        expect(delivery.event?.parameters).to.deep.equal({ n })
        expect(await subscription.acknowledge(delivery.receipt)).to.equal('settled')
        expect(await subscription.acknowledge(delivery.receipt)).to.equal('lost')
      }
      await subscription.close()
      expect(subscription.state).to.equal('stopped')
    }
    expect(await redis.keys(`${namespace}every.all.*`)).to.deep.equal([`${namespace}every.all.*:stream`])
    expect(await redis.xinfo('GROUPS', `${namespace}every.all.*:stream`)).to.deep.equal([])
  })

  it('come again when given back, to this process, at once or after a delay; no more are held than may be', async () => {
    const events = await transport()
    const subscription = await events.subscribe(request('every.again'))
    const pull = pulling((signal) => subscription.deliveries(signal))
    for (const n of [1, 2, 3]) await events.send(event('every.again', n))
    const [first, second] = [await pull.next(), await pull.next()]
    expect(subscription.state).to.equal('busy')
    const before = performance.now()
    expect(await subscription.giveBack(first.receipt, { delayMs: 100 })).to.equal('settled')
    expect((await pull.next()).event?.parameters).to.deep.equal({ n: 3 })
    expect(await subscription.deadLetter(second.receipt, { code: 'X', message: '', attempts: 1 })).to.equal(
      'settled',
    )
    const again = await pull.next()
    expect(again).to.deep.include({ attempt: 2, event: first.event })
    expect(performance.now() - before).to.be.at.least(95)
    expect(await subscription.renew(again.receipt)).to.equal('settled')
    expect(await subscription.renew(first.receipt)).to.equal('lost')
  })

  it('that have expired are told of, and those that cannot be read are delivered as such', async () => {
    const context = testContext()
    const events = await transport({}, context)
    const subscription = await events.subscribe({ ...request('every.odd'), since: 'beginning' })
    await events.send(event('every.odd', 1), { ttlMs: 0 })
    await events.send(createEventMessage({ apiName: 'every.odd', eventName: 'other', parameters: {} }))
    await redis.xadd(`${namespace}every.odd.*:stream`, '*', 'what', 'ever')
    const delivery = await pulling((signal) => subscription.deliveries(signal)).next()
    expect(delivery.undecodable?.code).to.equal('BUS_EVENT_UNDECODABLE')
    expect(context.notices).to.have.length(1)
    expect(context.notices[0]).to.include({ type: 'messages-lost', group: 'shop-l', count: 1 })
  })

  it('are given in the order of their keys, one of each at a time', async () => {
    const events = await transport()
    const subscription = await events.subscribe({ ...request('every.keyed'), prefetch: () => 3 })
    const pull = pulling((signal) => subscription.deliveries(signal))
    const next = async () => {
      const delivery = await pull.next()
      return { n: delivery.event?.parameters['n'], ...delivery }
    }
    for (const [n, key] of ['a', 'a', 'b', 'a', 'c'].entries())
      await events.send({ ...event('every.keyed', n), key })
    const first = await next()
    expect(first.n).to.equal(0)
    expect((await next()).n).to.equal(2)
    expect(await subscription.giveBack(first.receipt)).to.equal('settled')
    const seen = [await next(), await next()]
    expect(seen.map(({ n }) => n)).to.have.members([0, 4])
    await subscription.acknowledge(seen.find(({ n }) => n === 0)!.receipt)
    const second = await next()
    expect(second.n).to.equal(1)
    await subscription.deadLetter(second.receipt, { code: 'BUS_X', message: 'boom', attempts: 1 })
    expect((await next()).n).to.equal(3)
  })
})
