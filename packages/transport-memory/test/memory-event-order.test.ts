import { expect } from 'chai'
import { address, event, EventStage, ids, request, taken } from './event-stage.ts'

const reason = { code: 'TEST', message: 'given up', attempts: 1 }

describe('the order of the memory event transport', () => {
  let stage: EventStage
  beforeEach(() => (stage = new EventStage()))
  afterEach(() => stage.close())

  async function listening(keys: Readonly<Record<string, string | undefined>>) {
    const transport = await stage.process()
    const subscription = await transport.subscribe({ ...request, prefetch: () => 1_000 })
    for (const [id, key] of Object.entries(keys))
      await transport.send(event(id, key === undefined ? {} : { key }))
    return { transport, subscription, deliveries: stage.deliveries(subscription) }
  }

  it('has one event of a key in hand at a time, whoever asks', async () => {
    const { transport, subscription, deliveries } = await listening({
      a1: 'a',
      a2: 'a',
      b1: 'b',
      c: undefined,
    })
    const first = await taken(deliveries)
    expect(await ids(deliveries, 2)).to.deep.equal(['b1', 'c'])
    const other = stage.deliveries(await transport.subscribe(request))
    const pulled = taken(other)
    await subscription.acknowledge(first.receipt)
    expect((await pulled).event?.id).to.equal('a2')
  })

  it('holds back a key while its first event rests, and no other', async () => {
    const { subscription, deliveries } = await listening({ a1: 'a', a2: 'a', b1: 'b' })
    await subscription.giveBack((await taken(deliveries)).receipt, { delayMs: 1_000 })
    expect(await ids(deliveries, 1)).to.deep.equal(['b1'])
    const pulled = taken(deliveries)
    stage.clock.advance(1_000)
    const again = await pulled
    expect([again.event?.id, again.attempt]).to.deep.equal(['a1', 2])
    await subscription.deadLetter(again.receipt, reason)
    expect(await ids(deliveries, 1)).to.deep.equal(['a2'])
  })

  it('puts what comes back before what is younger', async () => {
    const { subscription, deliveries } = await listening({ a: undefined, b: undefined, c: undefined })
    const [first, second] = [await taken(deliveries), await taken(deliveries)]
    await subscription.giveBack(second.receipt)
    await subscription.giveBack(first.receipt)
    expect(await ids(deliveries, 3)).to.deep.equal(['a', 'b', 'c'])
  })

  it('releases the key of an event that has expired', async () => {
    const transport = await stage.process()
    const deliveries = stage.deliveries(await transport.subscribe(request))
    await transport.send(event('a1', { key: 'a' }), { ttlMs: 10 })
    await transport.send(event('a2', { key: 'a' }))
    stage.clock.advance(10)
    expect(await ids(deliveries, 1)).to.deep.equal(['a2'])
  })

  it('lets the APIs of a listener take turns', async () => {
    const quiet = { apiName: 'shop.stock', eventName: 'counted' }
    const transport = await stage.process()
    const subscription = await transport.subscribe({ ...request, events: [address, quiet] })
    for (let index = 0; index < 5; index++) await transport.send(event(`busy ${index}`))
    await transport.send(event('quiet', quiet))
    expect(await ids(stage.deliveries(subscription), 3)).to.include('quiet')
  })

  it('costs the same for a hundred thousand events that wait as for a tenth, of one key or of none', async function () {
    this.timeout(20_000)
    const transport = await stage.process()
    const subscription = await transport.subscribe({ ...request, prefetch: () => 1 })
    const deliveries = stage.deliveries(subscription)
    const msOfEach = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index++)
        await transport.send(event(`${index}`, index % 2 === 0 ? { key: 'same' } : {}))
      const begunAt = performance.now()
      for (let index = 0; index < count; index++)
        await subscription.acknowledge((await taken(deliveries)).receipt)
      return (performance.now() - begunAt) / count
    }
    const ofFew = await msOfEach(10_000)
    const ofMany = await msOfEach(100_000)
    // Ten times as much, if each event cost the more the more of them wait.
    expect(ofMany / ofFew).to.be.below(5)
    expect(await transport.standing(request)).to.deep.include({ lag: 0, pending: 0 })
  })
})
