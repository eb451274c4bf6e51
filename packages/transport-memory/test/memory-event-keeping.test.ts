import { expect } from 'chai'
import { address, all, event, EventStage, ids, listener, request, taken } from './event-stage.ts'

const reason = { code: 'TEST', message: 'given up', stack: 'at', attempts: 3 }
const counted = { acknowledged: 0, deadLettered: 0, expired: 0, trimmed: 0 }

describe('what the memory event transport keeps', () => {
  let stage: EventStage
  beforeEach(() => (stage = new EventStage()))
  afterEach(() => stage.close())

  it('is a past of max_stream_length, and all that a group has not handled', async () => {
    const transport = await stage.process('one', { max_stream_length: 2 })
    const subscription = await transport.subscribe(request)
    for (const id of ['a', 'b', 'c']) await transport.send(event(id))
    const late = await transport.subscribe({ ...request, listenerName: 'late', since: 'beginning' })
    expect(await ids(stage.deliveries(late), 2)).to.deep.equal(['b', 'c'])
    expect(await ids(stage.deliveries(subscription), 3)).to.deep.equal(['a', 'b', 'c'])
    expect(stage.notices).to.deep.equal([])
  })

  it('is lost to groups where it may be, which are told, except what is in hand', async () => {
    const transport = await stage.process('one', { max_stream_length: 1, retention: 'lossy' })
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    await transport.send(event('held'))
    const { receipt } = await taken(deliveries)
    for (const id of ['b', 'c', 'd']) await transport.send(event(id))
    expect(await ids(deliveries, 1)).to.deep.equal(['d'])
    expect(await subscription.acknowledge(receipt)).to.equal('settled')
    expect((await transport.standing(listener)).counts).to.deep.equal({
      ...counted,
      acknowledged: 1,
      trimmed: 2,
    })
    const losses = stage.notices.map(({ type, group, count }) => ({ type, group, count }))
    expect(losses).to.deep.equal(
      Array.from({ length: 2 }, () => ({ type: 'messages-lost', group: 'shop-mail', count: 1 })),
    )
  })

  it('tells whoever comes next of what was lost while nobody was there', async () => {
    const transport = await stage.process('one', { max_stream_length: 1, retention: 'lossy' })
    await (await transport.subscribe(request)).close()
    for (const id of ['a', 'b', 'c']) await transport.send(event(id))
    expect(stage.notices).to.deep.equal([])
    await transport.subscribe(request)
    expect(stage.notices.map(({ count }) => count)).to.deep.equal([2])
  })

  it('does not hand over what has expired, and counts it; a message says more than the option', async () => {
    const transport = await stage.process('one', { event_ttl: 1 })
    const deliveries = stage.deliveries(await transport.subscribe(request))
    await transport.send(event('option'))
    await transport.send(event('message'), { ttlMs: 2_000 })
    stage.clock.advance(1_000)
    expect(await ids(deliveries, 1)).to.deep.equal(['message'])
    expect((await transport.standing(listener)).counts).to.deep.equal({ ...counted, expired: 1 })
  })

  it('stores an event that is sent again within the window once', async () => {
    const transport = await stage.process('one', { dedup_window: 10 })
    await transport.send(event('a'))
    stage.clock.advance(9_999)
    await transport.sendBatch([event('a'), event('b'), event('b')])
    stage.clock.advance(1)
    await transport.send(event('a'))
    const past = await all(transport.history(address))
    expect(past.map((item) => item.event.id)).to.deep.equal(['a', 'b', 'a'])
  })

  it('is a history that can be asked for by time and native id', async () => {
    const transport = await stage.process()
    for (const id of ['a', 'b', 'c', 'd']) {
      await transport.send(event(id))
      if (id !== 'b') stage.clock.advance(1)
    }
    await transport.send(event('other', { eventName: 'cancelled' }))
    const past = await all(transport.history(address))
    const [a, b, c] = past
    const found = async (query: Parameters<typeof transport.history>[1]): Promise<string> =>
      (await all(transport.history(address, query))).map((item) => item.event.id).join('')
    expect(await found({ newestFirst: true })).to.equal('dcba')
    expect(await found({ from: b?.sentAt ?? '' })).to.equal('bcd')
    expect(await found({ from: b?.nativeId ?? '', to: c?.nativeId ?? '' })).to.equal('bc')
    expect(await found({ from: a?.nativeId ?? '', to: c?.nativeId ?? '', exclusive: true })).to.equal('b')
    expect(await found({ to: a?.sentAt ?? '', exclusive: true })).to.equal('')
    expect(await transport.standing(listener)).to.deep.equal({ lag: 0, pending: 0, counts: counted })
  })

  it('lets a group start after a native id', async () => {
    const transport = await stage.process()
    for (const id of ['a', 'b', 'c']) await transport.send(event(id))
    const [first] = await all(transport.history(address))
    const subscription = await transport.subscribe({ ...request, since: { after: first?.nativeId ?? '' } })
    expect(await ids(stage.deliveries(subscription), 2)).to.deep.equal(['b', 'c'])
  })

  it('is how a group stands: what it has not heard, what it has in hand, and what became of the rest', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    for (const id of ['a', 'b', 'c', 'd', 'e']) await transport.send(event(id))
    await subscription.acknowledge((await taken(deliveries)).receipt)
    await subscription.deadLetter((await taken(deliveries)).receipt, reason)
    await subscription.giveBack((await taken(deliveries)).receipt, { delayMs: 10 })
    await taken(deliveries)
    const counts = { ...counted, acknowledged: 1, deadLettered: 1 }
    expect(await transport.standing(listener)).to.deep.equal({ lag: 1, pending: 2, counts })
    expect(stage.broker.events.inspect()).to.deep.equal([
      { name: 'shop-mail', pending: 1, consumers: ['one'] },
    ])
  })

  it('is a dead letter, which goes back to its own group as if it were new', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const log = stage.deliveries(await transport.subscribe({ ...request, listenerName: 'log' }))
    const deliveries = stage.deliveries(subscription)
    await transport.send(event('a', { headers: { tenant: 'x' } }), { ttlMs: 10_000 })
    await ids(log, 1)
    const { receipt, nativeId } = await taken(deliveries)
    await subscription.deadLetter(receipt, reason)
    stage.clock.advance(60_000)
    const [letter] = await all(transport.deadLetters.list(listener))
    if (!letter) throw new Error('There is no dead letter.')
    const sent = event('a', { headers: { tenant: 'x' } })
    const deadAt = new Date(stage.clock.now() - 60_000)
    const { id, ...facts } = letter
    const raw = JSON.stringify(sent)
    expect(facts).to.deep.equal({ group: 'shop-mail', nativeId, event: sent, raw, reason, deadAt })
    expect(await transport.deadLetters.redrive(letter)).to.equal(true)
    expect(await transport.deadLetters.redrive(letter)).to.equal(false)
    const again = await taken(deliveries)
    expect([again.attempt, again.event, again.nativeId]).to.deep.equal([1, sent, nativeId])
    await transport.send(event('sentinel'))
    expect(await ids(log, 1)).to.deep.equal(['sentinel'])
    expect((await transport.standing(listener)).counts).to.deep.equal(counted)
    await subscription.deadLetter(again.receipt, reason)
    const [dead] = await all(transport.deadLetters.list(listener))
    expect(dead?.id).not.to.equal(id)
    expect(await transport.deadLetters.discard(letter)).to.equal(false)
    expect(dead && (await transport.deadLetters.discard(dead))).to.equal(true)
  })

  it('may be no event, which is handed over as such', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    for (const raw of ['', 'no JSON', '[]', '{"id":"a"}']) {
      stage.broker.events.inject(address, raw)
      const delivery = await taken(deliveries)
      expect([delivery.event, delivery.undecodable?.code]).to.deep.equal([undefined, 'BUS_EVENT_UNDECODABLE'])
      await subscription.deadLetter(delivery.receipt, reason)
    }
    const letters = await all(transport.deadLetters.list(listener))
    expect(letters.map(({ raw }) => raw)).to.deep.equal(['', 'no JSON', '[]', '{"id":"a"}'])
  })

  it('is told once to be gone when a body has vanished, and the rest goes on', async () => {
    const transport = await stage.process()
    const deliveries = stage.deliveries(await transport.subscribe(request))
    for (const id of ['a', 'b']) await transport.send(event(id))
    const [first] = await all(transport.history(address))
    stage.broker.events.loseBody(first?.nativeId ?? '')
    expect(await ids(deliveries, 1)).to.deep.equal(['b'])
    expect(stage.notices.map(({ type, count }) => ({ type, count }))).to.deep.equal([
      { type: 'messages-lost', count: 1 },
    ])
    expect(await transport.standing(listener)).to.deep.include({ lag: 0, pending: 1 })
  })

  it('is gone after a wipe, which is told, and the next event is delivered', async () => {
    const transport = await stage.process()
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    await transport.send(event('before'))
    const before = await taken(deliveries)
    const pulled = taken(deliveries)
    await transport.send(event('later'), { delayMs: 10 })
    stage.broker.wipe()
    expect(before.lost?.aborted).to.equal(true)
    expect(stage.notices.map(({ type }) => type)).to.deep.equal(['state-lost'])
    stage.clock.advance(10)
    await transport.send(event('next'))
    expect((await pulled).event?.id).to.equal('next')
    expect(await subscription.acknowledge(before.receipt)).to.equal('lost')
    expect(await all(transport.deadLetters.list(listener))).to.deep.equal([])
  })

  it('misses nothing that is sent after a wipe which it could not notice', async () => {
    const transport = await stage.process()
    const other = await stage.process('two')
    const pulled = taken(stage.deliveries(await transport.subscribe(request)))
    stage.broker.chaos.freeze('one')
    stage.broker.wipe()
    await other.send(event('next'))
    expect(stage.notices).to.deep.equal([])
    stage.broker.chaos.thaw('one')
    expect((await pulled).event?.id).to.equal('next')
    expect(stage.notices.map(({ type }) => type)).to.deep.equal(['state-lost'])
  })

  it('repeats after a failover to a stale replica what was settled since, and skips nothing', async () => {
    const transport = await stage.process('one', { dedup_window: 60 })
    const subscription = await transport.subscribe(request)
    const deliveries = stage.deliveries(subscription)
    for (const id of ['a', 'b']) await transport.send(event(id))
    await transport.send(event('later'), { delayMs: 5 })
    const held = await taken(deliveries)
    const failOver = stage.broker.checkpoint()
    await subscription.acknowledge(held.receipt)
    await subscription.acknowledge((await taken(deliveries)).receipt)
    stage.clock.advance(5)
    const later = await taken(deliveries)
    await transport.send(event('lost'))
    failOver()
    expect(later.lost?.aborted).to.equal(true)
    expect(await subscription.acknowledge(later.receipt)).to.equal('lost')
    await transport.send(event('lost'))
    stage.clock.advance(1)
    expect(await ids(deliveries, 4)).to.deep.equal(['a', 'b', 'lost', 'later'])
    expect(await transport.standing(listener)).to.deep.include({ lag: 0, pending: 4 })
  })
})
