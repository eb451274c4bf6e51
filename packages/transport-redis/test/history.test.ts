import { createEventMessage, type EventMessage, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  collected,
  eventTransport,
  namespace,
  openedInTest,
  pulling,
  redis,
  testContext,
} from './redis-fixture.ts'

const event = (apiName: string, n: number, eventName = 'happened'): EventMessage =>
  createEventMessage({ apiName, eventName, parameters: { n } })
const address = (apiName: string) => ({ apiName, eventName: 'happened' })
const listener = (apiName: string) => ({ listenerName: 'l', events: [address(apiName)] })

describe('the past in Redis', () => {
  const opened = openedInTest()
  const transport = (): Promise<EventTransport> => opened(eventTransport(testContext()))

  async function numbers(events: EventTransport, apiName: string, query: object = {}): Promise<unknown[]> {
    const past = await collected(events.history!(address(apiName), query))
    return past.map((one) => one.event.parameters['n'])
  }

  /** Adds an entry with an id of its own, as no sender may. */
  async function addAt(apiName: string, id: string, n: number): Promise<void> {
    const fields = [
      'id',
      `e${n}`,
      'api_name',
      apiName,
      'event_name',
      'happened',
      'version',
      '1',
      ':n',
      String(n),
    ]
    await redis.xadd(`${namespace}${apiName}.*:stream`, id, ...fields)
  }

  it('is the events of one name in their order, or the newest first', async () => {
    const events = await transport()
    expect(await numbers(events, 'past')).to.deep.equal([])
    await redis.xadd(`${namespace}past.*:stream`, '*', '', '')
    await events.send(event('past', 1))
    await events.send(event('past', 7, 'other'))
    await redis.xadd(`${namespace}past.*:stream`, '*', 'what', 'ever')
    const last = event('past', 2)
    await events.send(last)
    expect(await numbers(events, 'past')).to.deep.equal([1, 2])
    expect(await numbers(events, 'past', { newestFirst: true })).to.deep.equal([2, 1])
    const [newest] = await collected(events.history!(address('past'), { newestFirst: true }))
    expect(newest?.event).to.deep.equal(last)
    expect(Math.abs(Date.now() - newest!.sentAt.getTime())).to.be.below(8_000)
  })

  it('is cut out by native ids and by times, inclusive or exclusive', async () => {
    const events = await transport()
    for (const [index, id] of ['1000-0', '1000-1', '1001-0', '1002-0', '1002-1'].entries())
      await addAt('cut', id, index)
    const all = await collected(events.history!(address('cut')))
    const id = (index: number): string => all[index]!.nativeId
    const cut = (query: object) => numbers(events, 'cut', query)
    expect(await cut({ from: id(1), to: id(3) })).to.deep.equal([1, 2, 3])
    expect(await cut({ from: id(1), to: id(3), exclusive: true })).to.deep.equal([2])
    expect(await cut({ from: id(1), to: id(3), newestFirst: true })).to.deep.equal([3, 2, 1])
    expect(await cut({ from: new Date(1_000), to: new Date(1_001) })).to.deep.equal([0, 1, 2])
    expect(await cut({ from: new Date(1_000), to: new Date(1_002), exclusive: true })).to.deep.equal([2])
    expect(await cut({ to: id(0), exclusive: true })).to.deep.equal([])
    expect(await cut({ from: id(3), to: id(1) })).to.deep.equal([])
  })

  it('is complete with more than 10,000 events in one millisecond', async () => {
    const events = await transport()
    const pipeline = redis.pipeline()
    const fields = ['id', 'e', 'api_name', 'dense', 'event_name', 'happened', 'version', '1']
    for (let n = 0; n < 10_500; n += 1)
      pipeline.xadd(`${namespace}dense.*:stream`, `5000-${n}`, ...fields, ':n', String(n))
    await pipeline.exec()
    const found = await numbers(events, 'dense')
    expect(found).to.have.length(10_500)
    expect(new Set(found).size).to.equal(10_500)
    expect(await numbers(events, 'dense', { newestFirst: true })).to.deep.equal(found.toReversed())
  })

  it('has a position for each group: what is to come, and what is not settled', async () => {
    const events = await transport()
    const standing = () => events.standing!(listener('lag'))
    expect(await standing()).to.include({ lag: 0, pending: 0 })
    await events.send(event('lag', 0))
    expect(await standing()).to.include({ lag: 0, pending: 0 })
    const subscription = await events.subscribe({ ...listener('lag'), prefetch: () => 1 })
    for (let n = 1; n <= 3; n += 1) await events.send(event('lag', n))
    await events.send(event('lag', 9, 'other'))
    await redis.xadd(`${namespace}lag.*:stream`, '*', '', '')
    expect(await standing()).to.include({ lag: 3, pending: 0 })
    const pull = pulling((signal) => subscription.deliveries(signal))
    const first = await pull.next()
    expect(await standing()).to.include({ lag: 2, pending: 1 })
    await redis.xdel(`${namespace}lag.*:stream`, first.nativeId.split('/')[1] ?? '')
    expect(await standing()).to.include({ lag: 2, pending: 1 })
    await subscription.acknowledge(first.receipt)
    expect(await standing()).to.include({ lag: 2, pending: 0 })
  })

  it('is where a group may start: after a native id', async () => {
    const events = await transport()
    for (let n = 0; n < 3; n += 1) await events.send(event('after', n))
    const [first] = await collected(events.history!(address('after')))
    const since = { after: first!.nativeId }
    const subscription = await events.subscribe({ ...listener('after'), since, prefetch: () => 5 })
    const pull = pulling((signal) => subscription.deliveries(signal))
    expect((await pull.next()).event?.parameters).to.deep.equal({ n: 1 })
    expect((await pull.next()).event?.parameters).to.deep.equal({ n: 2 })
  })

  it('is not read when the transport is closed', async () => {
    const events = await transport()
    await events.close()
    const history = await numbers(events, 'past').catch((error: unknown) => error)
    expect(history).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
    const standing = await events.standing!(listener('lag')).catch((error: unknown) => error)
    expect(standing).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })
})
