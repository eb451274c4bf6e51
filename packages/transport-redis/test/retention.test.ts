import { createEventMessage, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  eventTransport,
  namespace,
  openedInTest,
  pulling,
  redis,
  testContext,
  until,
  type TestContext,
} from './redis-fixture.ts'

const event = (apiName: string, n: number, eventName = 'happened') =>
  createEventMessage({ apiName, eventName, parameters: { n } })
const listener = (apiName: string, listenerName = 'l') => ({
  listenerName,
  events: [{ apiName, eventName: 'happened' }],
})
const streamOf = (apiName: string) => `${namespace}${apiName}.*:stream`
const lengthOf = (apiName: string) => redis.xlen(streamOf(apiName))

describe('what a stream of Redis keeps', () => {
  const opened = openedInTest()
  const transport = (options: object = {}, context = testContext()) =>
    opened(eventTransport(context, { max_stream_length: 50, ...options }))

  async function send(events: EventTransport, apiName: string, count: number, eventName?: string) {
    await Promise.all(Array.from({ length: count }, (_, n) => events.send(event(apiName, n, eventName))))
  }

  async function handle(events: EventTransport, apiName: string, count: number): Promise<void> {
    const subscription = await events.subscribe({ ...listener(apiName), prefetch: () => 100 })
    const pull = pulling((signal) => subscription.deliveries(signal))
    for (let n = 0; n < count; n += 1) await subscription.acknowledge((await pull.next()).receipt)
    await subscription.close()
  }

  /** Sends one by one until a trim has come by. */
  async function sendUntil(events: EventTransport, apiName: string, holds: () => Promise<boolean>) {
    let sent = 0
    await until('the stream is trimmed', async () => {
      await events.send(event(apiName, -1))
      sent += 1
      return holds()
    })
    return sent
  }

  it('is what nobody waits for up to its length, and nothing goes without one', async () => {
    const events = await transport()
    await send(events, 'kept.long', 500)
    await sendUntil(events, 'kept.long', async () => (await lengthOf('kept.long')) <= 60)
    const endless = await transport({ max_stream_length: null })
    await send(endless, 'kept.endless', 500)
    await endless.close()
    expect(await lengthOf('kept.endless')).to.equal(500)
  })

  it('is all that some group has not heard or still has in hand', async () => {
    const events = await transport()
    const quick = await events.subscribe({ ...listener('kept.safe', 'quick'), prefetch: () => 500 })
    const slow = await events.subscribe({ ...listener('kept.safe', 'slow'), prefetch: () => 1 })
    await send(events, 'kept.safe', 300)
    const inHand = await pulling((signal) => slow.deliveries(signal)).next()
    const pull = pulling((signal) => quick.deliveries(signal))
    for (let n = 0; n < 300; n += 1) await quick.acknowledge((await pull.next()).receipt)
    await send(events, 'kept.safe', 200)
    await events.close()
    expect(await lengthOf('kept.safe')).to.equal(500)
    const [entry] = await redis.xrange(streamOf('kept.safe'), '-', '+', 'COUNT', 1)
    expect(inHand.nativeId).to.equal(`${streamOf('kept.safe')}/${entry?.[0]}`)
  })

  it('goes when all groups have handled it', async () => {
    const events = await transport()
    await events.subscribe({ ...listener('kept.done'), prefetch: () => 1 })
    await send(events, 'kept.done', 300)
    await handle(events, 'kept.done', 300)
    await sendUntil(events, 'kept.done', async () => (await lengthOf('kept.done')) < 150)
  })

  it('has a limit for what is not finished, beyond which the loss is counted and told of on both sides', async () => {
    const context = testContext()
    const sender = await transport({ max_unfinished_length: 200 }, context)
    const own = testContext()
    const events = await transport({}, own)
    await events.subscribe({ ...listener('kept.hard'), prefetch: () => 1 })
    await events.subscribe({ ...listener('kept.hard', 'other'), prefetch: () => 1 })
    await send(sender, 'kept.hard', 600)
    const sent =
      600 + (await sendUntil(sender, 'kept.hard', async () => (await lengthOf('kept.hard')) <= 210))
    await sender.close()
    const left = await lengthOf('kept.hard')
    const standing = await events.standing!(listener('kept.hard'))
    expect(standing.counts?.trimmed).to.equal(sent - left)
    expect(standing.lag).to.equal(left)
    expect(context.notices.map(({ type, group }) => `${type} ${group}`)).to.have.members([
      'risk shop-l',
      'risk shop-other',
    ])
    await handle(events, 'kept.hard', left)
    expect(lossesOf(own)).to.deep.equal([['shop-l', sent - left]])
    await handle(await transport({}, own), 'kept.hard', 0)
    expect(lossesOf(own)).to.have.length(1)
  })

  it('is lossy where the option says so, and only what a group would have heard is lost to it', async () => {
    const own = testContext()
    const events = await transport({ retention: 'lossy' }, own)
    await events.subscribe({ ...listener('kept.lossy'), prefetch: () => 1 })
    await send(events, 'kept.lossy', 100, 'other')
    await send(events, 'kept.lossy', 300)
    const sent =
      300 + (await sendUntil(events, 'kept.lossy', async () => (await lengthOf('kept.lossy')) <= 60))
    await events.subscribe({ ...listener('kept.lossy', 'sentinel'), prefetch: () => 1 })
    const { lag, counts } = await events.standing!(listener('kept.lossy'))
    expect(lag + (counts?.trimmed ?? 0)).to.equal(sent)
    await handle(events, 'kept.lossy', lag)
    expect(lossesOf(own)).to.deep.equal([['shop-l', counts?.trimmed]])
    expect(own.notices.every(({ type }) => type === 'messages-lost')).to.equal(true)
  })

  it('adds up for a group, whatever became of its events', async () => {
    const events = await transport()
    const subscription = await events.subscribe({ ...listener('kept.sum'), prefetch: () => 20 })
    const pull = pulling((signal) => subscription.deliveries(signal))
    await events.send(event('kept.sum', 0), { ttlMs: 0 })
    await send(events, 'kept.sum', 5)
    const standing = () => events.standing!(listener('kept.sum'))
    const reason = { code: 'X', message: '', attempts: 1 }
    await subscription.acknowledge((await pull.next()).receipt)
    await subscription.deadLetter((await pull.next()).receipt, reason)
    const inHand = await pull.next()
    const last = [await pull.next(), await pull.next()]
    expect((await standing()).counts).to.include({ acknowledged: 1, deadLettered: 1 })
    for await (const letter of events.deadLetters!.list(listener('kept.sum'))) {
      await events.deadLetters!.redrive(letter)
      break
    }
    expect((await standing()).counts?.deadLettered).to.equal(0)
    const redriven = await pull.next()
    await subscription.acknowledge(redriven.receipt)
    await redis.xtrim(streamOf('kept.sum'), 'MAXLEN', 0)
    await subscription.giveBack(inHand.receipt)
    for (const { receipt } of last) await subscription.giveBack(receipt)
    await send(events, 'kept.sum', 1)
    await subscription.acknowledge((await pull.next()).receipt)
    const waiting = pull.ended()
    await until('what is gone is settled', async () => (await standing()).pending === 0)
    expect(await standing()).to.deep.equal({
      lag: 0,
      pending: 0,
      counts: { acknowledged: 3, deadLettered: 0, expired: 1, trimmed: 3 },
    })
    pull.stop()
    await waiting
  })
})

function lossesOf({ notices }: TestContext) {
  return notices.filter(({ type }) => type === 'messages-lost').map(({ group, count }) => [group, count])
}
