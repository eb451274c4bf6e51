import { createEventMessage, type EventDelivery, type TransportContext } from '@lightbus/core/transport'
import { realClock } from '@lightbus/core/transport'
import { expect } from 'chai'
import sinon from 'sinon'
import { inspectBroker, transportModule } from '../src/index.ts'

const context: TransportContext = {
  serviceName: 'shop',
  processName: 'one',
  clock: realClock,
  report: () => {},
}
const address = { apiName: 'shop.orders', eventName: 'placed' }
const event = (id: string) => createEventMessage({ id, ...address, parameters: { id } })
const request = { listenerName: 'mail', events: [address], prefetch: () => 10 }

describe('the memory event transport', () => {
  const transport = transportModule.event.create({ namespace: 'particular' }, context)
  const listening = new AbortController()

  beforeEach(() => transport.open())
  afterEach(() => transport.close())

  it('has handed an event over when send resolves', async () => {
    const subscription = await transport.subscribe(request)
    const heard: string[] = []
    void (async () => {
      for await (const delivery of subscription.deliveries(listening.signal)) {
        if (delivery.event) heard.push(delivery.event.id)
        await subscription.acknowledge(delivery.receipt)
      }
    })()
    await transport.send(event('a'))
    expect(heard).to.deep.equal(['a'])
  })

  it('is drained when everything waiting, held and resting is settled', async () => {
    const subscription = await transport.subscribe(request)
    await subscription.drained()
    await transport.send(event('a'))
    let isDrained = false
    const drained = subscription.drained().then(() => (isDrained = true))
    const deliveries = subscription.deliveries(listening.signal)[Symbol.asyncIterator]()
    const first = await taken(deliveries)
    await subscription.giveBack(first.receipt, { delayMs: 5 })
    const second = await taken(deliveries)
    expect([second.attempt, isDrained]).to.deep.equal([2, false])
    await subscription.acknowledge(second.receipt)
    await drained
  })

  it('rejects what waits to be drained when the subscription is closed', async () => {
    const subscription = await transport.subscribe(request)
    await transport.send(event('a'))
    const drained = subscription.drained().catch((error: unknown) => error)
    await subscription.close()
    expect(await drained).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('keeps dead letters where they can be looked at', async () => {
    const subscription = await transport.subscribe(request)
    await transport.send(event('a'))
    const { receipt } = await taken(subscription.deliveries(listening.signal)[Symbol.asyncIterator]())
    const reason = { code: 'TEST', message: 'given up', attempts: 1 }
    await subscription.deadLetter(receipt, reason)
    const group = inspectBroker('particular')?.events.groups.get('shop-mail')
    expect(group?.deadLetters).to.deep.equal([
      {
        group: 'shop-mail',
        nativeId: 'shop.orders/1',
        raw: JSON.stringify(event('a')),
        reason,
        attempts: 1,
      },
    ])
  })

  it('shares a broker by namespace and drops it with the last transport', async () => {
    const same = transportModule.event.create({ namespace: 'particular' }, context)
    const other = transportModule.event.create({ namespace: 'another' }, context)
    await Promise.all([same.open(), other.open()])
    const subscription = await transport.subscribe(request)
    const strange = await other.subscribe(request)
    await same.send(event('a'))
    const delivery = await taken(subscription.deliveries(listening.signal)[Symbol.asyncIterator]())
    expect(delivery.event?.id).to.equal('a')
    await strange.drained()
    await Promise.all([same.close(), other.close(), transport.close()])
    expect([inspectBroker('particular'), inspectBroker('another')]).to.deep.equal([undefined, undefined])
  })

  it('remembers no more of the past than max_stream_length', async () => {
    const short = transportModule.event.create({ namespace: 'short', max_stream_length: 2 }, context)
    await short.open()
    for (const id of ['a', 'b', 'c']) await short.send(event(id))
    const subscription = await short.subscribe({ ...request, since: 'beginning' })
    const deliveries = subscription.deliveries(listening.signal)[Symbol.asyncIterator]()
    const ids = [(await taken(deliveries)).event?.id, (await taken(deliveries)).event?.id]
    expect(ids).to.deep.equal(['b', 'c'])
    await short.close()
  })

  it('lets a delayed event arrive when its time has come, and not before', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    try {
      const subscription = await transport.subscribe(request)
      await transport.send(event('later'), { delayMs: 40 * 24 * 3_600_000 })
      const waiting = taken(subscription.deliveries(listening.signal)[Symbol.asyncIterator]())
      await clock.tickAsync(39 * 24 * 3_600_000)
      await transport.send(event('sentinel'))
      expect((await waiting).event?.id).to.equal('sentinel')
      const next = taken(subscription.deliveries(listening.signal)[Symbol.asyncIterator]())
      await clock.tickAsync(24 * 3_600_000)
      expect((await next).event?.id).to.equal('later')
    } finally {
      clock.restore()
    }
  })
})

async function taken(deliveries: AsyncIterator<EventDelivery>): Promise<EventDelivery> {
  const { value, done } = await deliveries.next()
  if (done) throw new Error('The deliveries have ended.')
  return value
}
