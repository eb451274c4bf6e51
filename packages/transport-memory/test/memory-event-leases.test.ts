import { expect } from 'chai'
import { event, EventStage, ids, leaseMs, request, taken } from './event-stage.ts'

const reason = { code: 'TEST', message: 'given up', attempts: 1 }

describe('the leases of the memory event transport', () => {
  let stage: EventStage
  beforeEach(() => (stage = new EventStage()))
  afterEach(() => stage.close())

  async function holding(processName = 'one', names: readonly string[] = ['a']) {
    const transport = await stage.process(processName)
    const subscription = await transport.subscribe(request)
    for (const name of names) await transport.send(event(name))
    const deliveries = stage.deliveries(subscription)
    const held = []
    for (const _ of names) held.push(await taken(deliveries))
    const [first] = held
    if (!first) throw new Error('Nothing is held.')
    return { transport, subscription, deliveries, first, held }
  }

  it('are renewed for as long as the process runs, however long a handler does', async () => {
    const { first, subscription } = await holding()
    const other = stage.deliveries(await (await stage.process('two')).subscribe(request))
    const pulled = other.next()
    stage.clock.advance(10 * leaseMs)
    expect(first.lost?.aborted).to.equal(false)
    expect(await subscription.acknowledge(first.receipt)).to.equal('settled')
    await other.return?.()
    expect((await pulled).done).to.equal(true)
  })

  it('run out when the process stands still, which is told when it goes on', async () => {
    const { first, subscription, transport } = await holding()
    const second = await (await stage.process('two')).subscribe(request)
    const pulled = taken(stage.deliveries(second))
    stage.broker.chaos.freeze('one')
    stage.clock.advance(leaseMs)
    const again = await pulled
    expect([again.event?.id, again.attempt, first.lost?.aborted]).to.deep.equal(['a', 2, false])
    stage.broker.chaos.thaw('one')
    expect(first.lost?.aborted).to.equal(true)
    expect(await subscription.acknowledge(first.receipt)).to.equal('lost')
    expect(await subscription.giveBack(first.receipt)).to.equal('lost')
    expect(await subscription.deadLetter(first.receipt, reason)).to.equal('lost')
    expect(await subscription.renew(first.receipt)).to.equal('lost')
    expect(await transport.standing(request)).to.include({ lag: 0, pending: 1 })
    expect(await second.acknowledge(again.receipt)).to.equal('settled')
  })

  it('go on when the process goes on in time', async () => {
    const { first, subscription } = await holding()
    stage.broker.chaos.freeze('one')
    stage.clock.advance(leaseMs - 1)
    stage.broker.chaos.thaw('one')
    stage.clock.advance(5 * leaseMs)
    expect(await subscription.renew(first.receipt)).to.equal('settled')
  })

  it('run out one by one', async () => {
    const { transport } = await holding('one')
    stage.broker.chaos.crash('one')
    stage.clock.advance(leaseMs / 2)
    const two = await holding('two', ['b'])
    stage.broker.chaos.crash('two')
    const survivor = stage.deliveries(await (await stage.process('three')).subscribe(request))
    const first = taken(survivor)
    stage.clock.advance(leaseMs / 2)
    expect((await first).event?.id).to.equal('a')
    expect(two.first.lost?.aborted).to.equal(false)
    const second = taken(survivor)
    stage.clock.advance(leaseMs / 2)
    expect((await second).event?.id).to.equal('b')
    await transport.close()
  })

  it('end at once when a process of the same name comes after one that has died', async () => {
    await holding('one', ['a', 'b'])
    stage.broker.chaos.crash('one')
    const subscription = await (await stage.process('one')).subscribe(request)
    const again = await taken(stage.deliveries(subscription))
    expect([again.event?.id, again.attempt]).to.deep.equal(['a', 2])
  })

  it('do not end because a process of the same name comes beside a living one', async () => {
    const { first, subscription } = await holding()
    await (await stage.process('one')).subscribe(request)
    expect(await subscription.acknowledge(first.receipt)).to.equal('settled')
  })

  it('are renewed no more for what could not be settled, so that it comes back', async () => {
    const { first, subscription, deliveries } = await holding()
    const recover = stage.broker.chaos.fail('out-of-memory')
    const failure = await subscription.acknowledge(first.receipt).catch((error: unknown) => error)
    expect(failure).to.have.property('retriable', true)
    recover()
    const pulled = taken(deliveries)
    stage.clock.advance(leaseMs)
    expect((await pulled).attempt).to.equal(2)
    expect(first.lost?.aborted).to.equal(true)
  })

  it('let a settling be tried again in time', async () => {
    const { first, subscription, transport } = await holding()
    const recover = stage.broker.chaos.fail('loading')
    await subscription.acknowledge(first.receipt).catch(() => undefined)
    recover()
    expect(await subscription.acknowledge(first.receipt)).to.equal('settled')
    expect(await transport.standing(request)).to.include({ lag: 0, pending: 0 })
  })

  it('survive a connection that is cut and comes back, after which events go on', async () => {
    const { first, subscription, deliveries, transport } = await holding()
    stage.broker.chaos.cut()
    const pulled = taken(deliveries)
    while (stage.clock.timers > 2) stage.clock.advanceToNext()
    await transport.send(event('b'))
    expect((await pulled).event?.id).to.equal('b')
    expect(await subscription.acknowledge(first.receipt)).to.equal('settled')
  })

  it('leave one dead letter when the reply to it is lost', async () => {
    const { first, subscription, transport } = await holding()
    stage.broker.chaos.dropNextReply()
    await subscription.deadLetter(first.receipt, reason).catch(() => undefined)
    expect(await subscription.deadLetter(first.receipt, reason)).to.equal('lost')
    expect(await transport.standing(request)).to.include({ lag: 0, pending: 0 })
    const letters = []
    for await (const letter of transport.deadLetters.list(request)) letters.push(letter.event?.id)
    expect(letters).to.deep.equal(['a'])
  })

  it('leave a rest in the broker, where it survives who asked for it', async () => {
    const { first, subscription } = await holding()
    await subscription.giveBack(first.receipt, { delayMs: 5_000 })
    stage.broker.chaos.crash('one')
    const other = stage.deliveries(await (await stage.process('two')).subscribe(request))
    const sender = await stage.process('two')
    await sender.send(event('sentinel'))
    expect(await ids(other, 1)).to.deep.equal(['sentinel'])
    const pulled = taken(other)
    stage.clock.advance(5_000)
    expect((await pulled).attempt).to.equal(2)
  })
})
