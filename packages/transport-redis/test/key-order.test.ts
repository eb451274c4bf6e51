import { setImmediate as turn } from 'node:timers/promises'
import {
  createEventMessage,
  redriveDeadLetters,
  realClock,
  type EventDelivery,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  eventTransport,
  namespace,
  openedInTest,
  pulling,
  redis,
  testContext,
  until,
} from './redis-fixture.ts'

const reason = { code: 'BUS_X', message: 'boom', attempts: 1 }
const swift = { reclaim_interval: 0.1, acknowledgement_timeout: 0.4 }

describe('events of one key over Redis', () => {
  const opened = openedInTest()
  let apis = 0

  /** A stream of its own, with a sender whose ids say the key. */
  async function stage(options: object = {}) {
    apis += 1
    const apiName = `keyed${apis}`
    const stream = `${namespace}${apiName}.*:stream`
    const sender = await opened(eventTransport(testContext('sender')))
    const listener = { listenerName: 'l', events: [{ apiName, eventName: 'happened' }] }
    return {
      stream,
      sender,
      listener,
      async send(...ids: string[]) {
        for (const id of ids) {
          const key = id.split('-')[0]!
          const parts = { apiName, eventName: 'happened', parameters: {}, id }
          await sender.send(createEventMessage({ ...parts, ...(key === 'none' ? {} : { key }) }))
        }
      },
      async member(prefetch = 5) {
        const transport = await opened(eventTransport(testContext(), options))
        const subscription = await transport.subscribe({ ...listener, prefetch: () => prefetch })
        const pull = pulling((signal) => subscription.deliveries(signal))
        return { transport, subscription, pull }
      },
    }
  }

  type Member = Awaited<ReturnType<Awaited<ReturnType<typeof stage>>['member']>>

  async function handle({ pull, subscription }: Member, count: number): Promise<(string | undefined)[]> {
    const ids = []
    for (let n = 0; n < count; n += 1) {
      const { event, receipt } = await pull.next()
      ids.push(event?.id)
      expect(await subscription.acknowledge(receipt)).to.equal('settled')
    }
    return ids
  }

  const idOf = (delivery: EventDelivery) => delivery.event?.id

  it('are in one hand at a time, and whoever settles one takes the next; nothing of it stays', async () => {
    const { send, member, stream, listener } = await stage()
    const [first, second] = [await member(), await member()]
    await send('a-0', 'a-1', 'none-0')
    const a0 = await first.pull.next()
    expect(idOf(a0)).to.equal('a-0')
    expect(await handle(first, 1)).to.deep.equal(['none-0'])
    await send('a-2', 'b-0')
    expect(await handle(second, 1)).to.deep.equal(['b-0'])
    const next = first.pull.next()
    await first.subscription.acknowledge(a0.receipt)
    expect(idOf(await next)).to.equal('a-1')
    await first.subscription.acknowledge((await next).receipt)
    expect(await handle(first, 1)).to.deep.equal(['a-2'])
    const { lag, pending } = await first.transport.standing!(listener)
    expect({ lag, pending }).to.deep.equal({ lag: 0, pending: 0 })
    const kept = Object.keys(await redis.hgetall(`${stream}:shop-l:keys`))
    expect(kept.filter((name) => !name.startsWith('entered '))).to.deep.equal([])
    expect(await redis.zcard(`${stream}:shop-l:behind`)).to.equal(0)
  })

  it('that wait count as not handed over yet, and are not trimmed', async () => {
    const { send, member, stream, listener } = await stage({ max_stream_length: 1 })
    const { pull, transport } = await member()
    await send('a-0', 'a-1', 'a-2', 'b-0')
    expect(idOf(await pull.next())).to.equal('a-0')
    expect(idOf(await pull.next())).to.equal('b-0')
    const { lag, pending } = await transport.standing!(listener)
    expect({ lag, pending }).to.deep.equal({ lag: 2, pending: 2 })
    expect(await redis.xlen(stream)).to.equal(4)
  })

  it('wait for the one whose holder has died, until another has handled it', async () => {
    const { send, member, stream } = await stage(swift)
    const survivor = await member()
    await send('a-0', 'a-1', 'b-0')
    // A process that has read two, and died before it could say which of them may go ahead.
    await redis.xreadgroup('GROUP', 'shop-l', 'dead', 'COUNT', 2, 'STREAMS', stream, '>')
    await send('a-2')
    const heard = []
    for (let n = 0; n < 4; n += 1) {
      const { event, receipt, attempt } = await survivor.pull.next()
      heard.push([event?.id, attempt])
      await survivor.subscription.acknowledge(receipt)
    }
    expect(heard).to.deep.equal([
      ['b-0', 1],
      ['a-0', 2],
      ['a-1', 1],
      ['a-2', 1],
    ])
  })

  it('wait for one that was given back, also for longer than a lease, and pass one that is given up', async () => {
    for (const delayMs of [0, 200, 900]) {
      const { send, member } = await stage(swift)
      const { pull, subscription } = await member()
      await send('a-0', 'a-1', 'b-0')
      const first = await pull.next()
      const since = Date.now()
      await subscription.giveBack(first.receipt, { delayMs })
      expect(idOf(await pull.next())).to.equal('b-0')
      const again = await pull.next()
      expect(idOf(again)).to.equal('a-0')
      expect(again.attempt).to.equal(2)
      expect(Date.now() - since).to.be.at.least(delayMs - 5)
      await subscription.deadLetter(again.receipt, reason)
      expect(idOf(await pull.next())).to.equal('a-1')
    }
  })

  it('keep their order with one that is redriven', async () => {
    const { send, member, listener } = await stage()
    const { pull, subscription, transport } = await member()
    await send('a-0', 'a-1', 'a-2')
    await subscription.deadLetter((await pull.next()).receipt, reason)
    const inHand = await pull.next()
    expect(idOf(inHand)).to.equal('a-1')
    await redriveDeadLetters({ store: transport.deadLetters!, clock: realClock }, listener)
    await send('b-0')
    expect(idOf(await pull.next())).to.equal('b-0')
    await subscription.acknowledge(inHand.receipt)
    const next = await pull.next()
    expect(idOf(next)).to.equal('a-2')
    await subscription.acknowledge(next.receipt)
    const redriven = await pull.next()
    expect([idOf(redriven), redriven.attempt]).to.deep.equal(['a-0', 1])
    await send('a-3', 'c-0')
    expect(idOf(await pull.next())).to.equal('c-0')
    await subscription.acknowledge(redriven.receipt)
    expect(idOf(await pull.next())).to.equal('a-3')
  })

  it('go to another process at once when the one that settles takes no more', async () => {
    const { send, member } = await stage()
    const first = await member()
    await send('a-0', 'a-1', 'a-2')
    const { receipt } = await first.pull.next()
    const second = await member()
    const waiting = second.pull.next()
    first.pull.stop()
    await first.pull.ended()
    await first.subscription.acknowledge(receipt)
    expect(idOf(await waiting)).to.equal('a-1')
    await second.subscription.acknowledge((await waiting).receipt)
    expect(await handle(second, 1)).to.deep.equal(['a-2'])
  })

  it('do not wait for one that is gone, or was settled by hand', async () => {
    const { send, member, stream } = await stage(swift)
    const { pull, subscription } = await member()
    await send('a-0', 'a-1', 'a-2', 'a-3')
    expect(idOf(await pull.next())).to.equal('a-0')
    const [first, second] = (await redis.xrange(stream, '-', '+')) as [string, string[]][]
    await redis.xdel(stream, second![0])
    await redis.xack(stream, 'shop-l', first![0])
    const third = await pull.next()
    expect(idOf(third)).to.equal('a-2')
    await subscription.acknowledge(third.receipt)
    expect(idOf(await pull.next())).to.equal('a-3')
  })

  it('begin anew with their group', async () => {
    const { send, member, stream } = await stage(swift)
    const { pull } = await member()
    await send('a-0', 'a-1')
    expect(idOf(await pull.next())).to.equal('a-0')
    await redis.xgroup('DESTROY', stream, 'shop-l')
    await send('a-2')
    const again = await pull.next()
    expect(idOf(again)).to.equal('a-0')
  })

  it('are handled in order by several processes that die and fail, among events without a key', async () => {
    const { send, member, stream } = await stage({ ...swift, batch_size: 3 })
    const keys = ['a', 'b', 'c', 'none']
    const ids = Array.from({ length: 120 }, (_, n) => `${keys[n % 4]}-${Math.floor(n / 4)}`)
    const handled: string[] = []
    const inHand = new Set<string>()
    const work = async (one: Member, lifeCount: number) => {
      for (let n = 0; n < lifeCount; n += 1) {
        const { event, receipt } = await one.pull.next()
        const key = event?.key
        expect(key !== undefined && inHand.has(key), event?.id).to.equal(false)
        if (key !== undefined) inHand.add(key)
        for (let turns = Math.random() * 20; turns > 0; turns -= 1) await turn()
        if (key !== undefined) inHand.delete(key)
        if (n % 7 === 3) await one.subscription.giveBack(receipt, { delayMs: Math.random() * 20 })
        else if ((await one.subscription.acknowledge(receipt)) === 'settled') handled.push(event?.id ?? '')
      }
      one.pull.stop()
      await one.transport.close()
    }
    let failure: unknown
    const spawn = async (lifeCount: number): Promise<void> => {
      const one = await member(4)
      void work(one, lifeCount)
        .then(() => spawn(lifeCount + 3))
        .catch((error: unknown) => (failure ??= handled.length < ids.length ? error : undefined))
    }
    for (const lifeCount of [5, 9, 14]) await spawn(lifeCount)
    await send(...ids)
    await until('all are handled', () => {
      if (failure) throw failure
      return handled.length >= ids.length
    })
    for (const key of keys.slice(0, 3))
      expect(handled.filter((id) => id.startsWith(key))).to.deep.equal(ids.filter((id) => id.startsWith(key)))
    await until(
      'nothing is pending',
      async () => ((await redis.xpending(stream, 'shop-l')) as [number])[0] === 0,
    )
  })
})
