import { createEventMessage, redriveDeadLetters, realClock, type DeadLetter } from '@lightbus/core/transport'
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

const reason = { code: 'BUS_X', message: 'boom', stack: 'at x', attempts: 3 }
const event = (apiName: string, n: number) =>
  createEventMessage({
    apiName,
    eventName: 'happened',
    parameters: { n },
    headers: { tenant: 'a' },
    key: 'k',
  })
const listener = (apiName: string, listenerName = 'l') => ({
  listenerName,
  events: [{ apiName, eventName: 'happened' }],
  prefetch: () => 5,
})

describe('dead letters in Redis', () => {
  const opened = openedInTest()
  const transport = (options: object = {}) => opened(eventTransport(testContext(), options))

  async function withLetters(apiName: string, count: number, options: object = {}) {
    const events = await transport(options)
    const subscription = await events.subscribe(listener(apiName))
    const pull = pulling((signal) => subscription.deliveries(signal))
    const sent = Array.from({ length: count }, (_, n) => event(apiName, n))
    for (const one of sent) {
      await events.send(one)
      expect(await subscription.deadLetter((await pull.next()).receipt, reason)).to.equal('settled')
    }
    return { events, subscription, pull, sent, letters: events.deadLetters! }
  }

  it('are listed oldest first, over several streams, with all that is known of them', async () => {
    const first = await withLetters('one', 2)
    const second = await withLetters('two', 1)
    const both = { ...listener('one'), events: [...listener('two').events, ...listener('one').events] }
    const listed = await collected(second.letters.list(both))
    expect(listed.map((letter) => letter.event)).to.deep.equal([...first.sent, ...second.sent])
    const letter = listed[0]!
    expect(letter.reason).to.deep.equal(reason)
    expect(letter.group).to.equal('shop-l')
    expect(letter.nativeId).to.match(/one\.\*:stream\/\d+-\d+$/)
    expect(letter.raw).to.contain('"api_name","one"')
    expect(Date.now() - letter.deadAt.getTime()).to.be.below(8_000)
    expect(await collected(first.letters.list(listener('one', 'other')))).to.deep.equal([])
  })

  it('go back to their own group only, with attempts counted anew, also in another process', async () => {
    const { events, sent, letters, subscription } = await withLetters('again', 3)
    const other = await events.subscribe({ ...listener('again', 'other'), since: 'beginning' })
    const heard = pulling((signal) => other.deliveries(signal))
    for (const { id } of sent) {
      const delivery = await heard.next()
      expect(delivery.event?.id).to.equal(id)
      await other.acknowledge(delivery.receipt)
    }
    await subscription.close()
    expect(await redriveDeadLetters({ store: letters, clock: realClock }, listener('again'))).to.equal(3)
    expect(await collected(letters.list(listener('again')))).to.deep.equal([])
    expect(await events.standing!(listener('again'))).to.include({ lag: 3, pending: 0 })

    const successor = await (await transport()).subscribe(listener('again'))
    const pull = pulling((signal) => successor.deliveries(signal))
    for (const one of sent) {
      const delivery = await pull.next()
      expect(delivery).to.include({ attempt: 1 })
      expect(delivery.event).to.deep.equal(one)
      expect(await successor.acknowledge(delivery.receipt)).to.equal('settled')
    }
    expect(await redis.xlen(`${namespace}again.*:stream:shop-l:redriven`)).to.equal(0)
    await events.send(event('again', 99))
    expect((await heard.next()).event?.parameters).to.deep.equal({ n: 99 })
  })

  it('wake the listener that waits, can be given back, and die again as one letter', async () => {
    const { subscription, pull, letters } = await withLetters('twice', 1)
    const waiting = pull.next()
    const [letter] = await collected(letters.list(listener('twice')))
    expect(await letters.redrive(letter!)).to.equal(true)
    expect(await letters.redrive(letter!)).to.equal(false)
    expect(await subscription.giveBack((await waiting).receipt)).to.equal('settled')
    const again = await pull.next()
    expect(again.attempt).to.equal(2)
    await subscription.deadLetter(again.receipt, { ...reason, attempts: 9 })
    const [second, ...rest] = await collected(letters.list(listener('twice')))
    expect(rest).to.deep.equal([])
    expect(second?.event).to.deep.equal(letter?.event)
    expect(second?.reason.attempts).to.equal(9)
  })

  it('that were redriven are taken over from a process that has gone', async () => {
    const options = { acknowledgement_timeout: '100ms', reclaim_interval: '20ms' }
    const { pull, letters, events } = await withLetters('heir', 1, options)
    const [letter] = await collected(letters.list(listener('heir')))
    await letters.redrive(letter!)
    await pull.next()
    await events.close()
    const heir = await (await transport(options)).subscribe(listener('heir'))
    const delivery = await pulling((signal) => heir.deliveries(signal)).next()
    expect(delivery).to.include({ attempt: 2 })
    expect(delivery.event).to.deep.equal(letter?.event)
  })

  it('that cannot be read are kept as they were, and can be discarded', async () => {
    const { events, subscription, pull, letters } = await withLetters('oddly', 0)
    await redis.xadd(`${namespace}oddly.*:stream`, '*', 'what', 'ever', 'lightbus-reason', 'mine')
    await subscription.deadLetter((await pull.next()).receipt, reason)
    const [letter] = await collected(letters.list(listener('oddly')))
    expect(letter?.event).to.equal(undefined)
    expect(letter?.raw).to.equal('["what","ever","lightbus-reason","mine"]')
    expect(letter?.reason.code).to.equal('BUS_X')
    await letters.redrive(letter!)
    const delivery = await pull.next()
    expect(delivery.undecodable?.code).to.equal('BUS_EVENT_UNDECODABLE')
    await subscription.deadLetter(delivery.receipt, reason)
    const [again] = await collected(letters.list(listener('oddly')))
    expect(again?.raw).to.equal(letter?.raw)
    expect(await letters.discard(again!)).to.equal(true)
    expect(await letters.discard(again!)).to.equal(false)
    expect(await collected(letters.list(listener('oddly')))).to.deep.equal([])
    await events.close()
    const closed = await letters.discard(again!).catch((error: unknown) => error)
    expect(closed).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('are read page by page', async () => {
    const { letters } = await withLetters('many', 1)
    const dead = `${namespace}many.*:stream:shop-l:dead`
    const [[, fields] = ['', []]] = await redis.xrange(dead, '-', '+')
    await Promise.all(Array.from({ length: 2_500 }, () => redis.xadd(dead, '*', ...fields)))
    const listed: DeadLetter[] = await collected(letters.list(listener('many')))
    expect(new Set(listed.map(({ id }) => id)).size).to.equal(2_501)
  })
})
