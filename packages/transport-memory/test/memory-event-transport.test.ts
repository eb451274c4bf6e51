import { VirtualClock } from '@lightbus/core/testing'
import { realClock } from '@lightbus/core/transport'
import { expect } from 'chai'
import { inspectBroker, transportModule } from '../src/index.ts'
import { event, EventStage, ids, request, taken } from './event-stage.ts'

describe('the memory event transport', () => {
  let stage: EventStage
  beforeEach(() => (stage = new EventStage()))
  afterEach(() => stage.close())

  it('has handed an event over when send resolves', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const heard: unknown[] = []
    void stage
      .deliveries(subscription)
      .next()
      .then(({ value }) => heard.push(value?.event?.id))
    await transport.send(event('a'))
    expect(heard).to.deep.equal(['a'])
  })

  it('is drained when everything waiting, held and resting is settled', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    expect(subscription.drained()).to.equal(undefined)
    await transport.send(event('a'))
    let isDrained = false
    const drained = subscription.drained()?.then(() => (isDrained = true))
    const deliveries = stage.deliveries(subscription)
    await subscription.giveBack((await taken(deliveries)).receipt, { delayMs: 5 })
    const again = taken(deliveries)
    stage.clock.advance(5)
    const second = await again
    expect([second.attempt, isDrained]).to.deep.equal([2, false])
    await subscription.acknowledge(second.receipt)
    await drained
  })

  it('is drained at once where another member stays to see to it, and not where that leaves as well', async () => {
    const [one, two] = [await stage.process(), await stage.process()]
    const [first, second] = [await one.subscribe(request), await two.subscribe(request)]
    await one.send(event('a'))
    expect(first.drained()).to.equal(undefined)
    let isDrained = false
    const drained = second.drained()?.then(() => (isDrained = true))
    const { receipt } = await taken(stage.deliveries(second))
    expect(isDrained).to.equal(false)
    await second.acknowledge(receipt)
    await drained
  })

  it('rejects what waits to be drained when the subscription is closed', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    await transport.send(event('a'))
    const drained = subscription.drained()?.catch((error: unknown) => error)
    await subscription.close()
    expect(await drained).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('shares a broker by namespace and drops it with the last transport', async () => {
    const [transport, same] = [await stage.process(), await stage.process()]
    const context = { serviceName: 'shop', processName: 'one', clock: realClock, report: () => {} }
    const other = transportModule.event.create({ namespace: 'another' }, context)
    await other.open()
    const subscription = await transport.subscribe(request)
    const strange = await other.subscribe(request)
    await same.send(event('a'))
    expect(await ids(stage.deliveries(subscription), 1)).to.deep.equal(['a'])
    await strange.drained()
    await Promise.all([same.close(), other.close(), transport.close()])
    expect([inspectBroker(stage.namespace), inspectBroker('another')]).to.deep.equal([undefined, undefined])
  })

  it('lets a delayed event arrive when its time has come, and not before', async () => {
    const dayMs = 24 * 3_600_000
    const transport = await stage.process()
    const deliveries = stage.deliveries(await transport.subscribe(request))
    await transport.send(event('later'), { delayMs: 40 * dayMs })
    stage.clock.advance(39 * dayMs)
    await transport.send(event('sentinel'))
    stage.clock.advance(dayMs)
    expect(await ids(deliveries, 2)).to.deep.equal(['sentinel', 'later'])
  })

  it('has no timer while nobody holds anything', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    const pulled = taken(deliveries)
    expect(stage.clock.timers).to.equal(0)
    await transport.send(event('a'))
    const { receipt } = await pulled
    expect(stage.clock.timers).to.equal(2)
    await subscription.acknowledge(receipt)
    expect(stage.clock.timers).to.equal(0)
  })

  it('judges time by the clock of the broker alone', async () => {
    const transport = await stage.process()
    const skewed = { serviceName: 'shop', processName: 'two', clock: new VirtualClock(0), report: () => {} }
    const sender = transportModule.event.create({ namespace: stage.namespace, event_ttl: 60 }, skewed)
    await sender.open()
    await sender.send(event('a'))
    await sender.close()
    const subscription = await transport.subscribe({ ...request, since: new Date(stage.clock.now()) })
    expect(await ids(stage.deliveries(subscription), 1)).to.deep.equal(['a'])
  })

  it('tells what a subscription does, and hands out nothing while it is paused', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe({ ...request, prefetch: () => 1 })
    const deliveries = stage.deliveries(subscription)
    const states = [subscription.state]
    subscription.pause()
    states.push(subscription.state)
    const pulled = deliveries.next()
    await transport.send(event('a'))
    expect(await transport.standing(request)).to.include({ lag: 1, pending: 0 })
    subscription.resume()
    expect((await pulled).value?.event?.id).to.equal('a')
    states.push(subscription.state)
    await subscription.close()
    expect([...states, subscription.state]).to.deep.equal(['accepting', 'paused', 'busy', 'stopped'])
  })

  it('fetches more when it is told that the prefetch has grown', async () => {
    let prefetch = 0
    const transport = await stage.process()
    const subscription = await transport.subscribe({ ...request, prefetch: () => prefetch })
    const pulled = stage.deliveries(subscription).next()
    await transport.send(event('a'))
    expect(subscription.state).to.equal('busy')
    prefetch = 1
    subscription.refresh()
    expect((await pulled).value?.event?.id).to.equal('a')
  })

  it('sends a batch in order, and tells which events it could not send', async () => {
    const transport = await stage.process('one', { max_message_bytes: 300 })
    const deliveries = stage.deliveries(await transport.subscribe(request))
    const loop: Record<string, never> = {}
    Object.assign(loop, { loop })
    const batch = [
      event('a'),
      event('big', { parameters: { text: 'ü'.repeat(150) } }),
      event('loop', { parameters: loop }),
      event('b'),
    ]
    const codes = (await transport.sendBatch(batch)).map((error) => error?.code)
    const refused = ['BUS_MESSAGE_TOO_LARGE', 'BUS_TRANSPORT_REFUSED']
    expect(codes).to.deep.equal([undefined, ...refused, undefined])
    expect(await ids(deliveries, 2)).to.deep.equal(['a', 'b'])
  })

  it('makes a group for a subscription of every process, which ends with it', async () => {
    const [one, two] = [await stage.process('one'), await stage.process('two')]
    const subscriptions = [
      await one.subscribe({ ...request, audience: 'every-process' }),
      await two.subscribe({ ...request, audience: 'every-process' }),
    ]
    await one.send(event('a'))
    for (const subscription of subscriptions)
      expect(await ids(stage.deliveries(subscription), 1)).to.deep.equal(['a'])
    await subscriptions[0]?.close()
    expect(stage.broker.events.inspect()).to.have.length(1)
    stage.broker.chaos.crash('two')
    await one.send(event('b'))
    expect(stage.broker.events.inspect()).to.deep.equal([])
  })

  it('refuses a native id that is none', async () => {
    const transport = await stage.process()
    const error = await transport.subscribe({ ...request, since: { after: 'x' } }).catch((e: unknown) => e)
    expect(error).to.have.property('code', 'BUS_TRANSPORT_REFUSED')
  })

  it('carries ten thousand events that are fired while they are handled, each once', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    const count = 10_000
    const names = Array.from({ length: count }, (_, index) => `${index}`)
    const handled = (async () => {
      const heard: unknown[] = []
      for (let index = 0; index < count; index++) {
        const { event: next, receipt } = await taken(deliveries)
        heard.push(next?.id)
        await subscription.acknowledge(receipt)
      }
      return heard
    })()
    for (const name of names) await transport.send(event(name))
    expect(await handled).to.deep.equal(names)
  })
})
