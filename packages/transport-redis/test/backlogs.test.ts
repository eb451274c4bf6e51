import { createEventMessage, realClock, redriveDeadLetters } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  collected,
  eventTransport,
  namespace,
  openedInTest,
  pulling,
  redis,
  testContext,
  until,
} from './redis-fixture.ts'

const group = 'shop-l'
const quick = { reclaim_interval: 0.05, acknowledgement_timeout: 0.3, reclaim_batch_size: 10 }
// So that what is found was not found by a look.
const slow = { reclaim_interval: 60 }
const reason = { code: 'BUS_X', message: 'boom', attempts: 1 }

describe('a long backlog in Redis', () => {
  const opened = openedInTest()
  let apis = 0

  /** A stream whose group has read nothing yet. */
  async function stage(options: object = {}) {
    apis += 1
    const apiName = `backlog${apis}`
    const stream = `${namespace}${apiName}.*:stream`
    const sender = await opened(eventTransport(testContext('sender')))
    const listener = { listenerName: 'l', events: [{ apiName, eventName: 'happened' }] }
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM')
    return {
      stream,
      listener,
      /** The ids say the keys. */
      async send(...ids: string[]) {
        const events = ids.map((id) => {
          const key = id.split('-')[0]!
          const parts = { apiName, eventName: 'happened', parameters: {}, id }
          return createEventMessage({ ...parts, ...(key === 'none' ? {} : { key }) })
        })
        await sender.sendBatch!(events)
      },
      /** Another member is given so many, and says nothing of them. */
      hold: (count: number) =>
        redis.xreadgroup('GROUP', group, 'silent', 'COUNT', count, 'STREAMS', stream, '>'),
      async member(prefetch = 4) {
        const transport = await opened(eventTransport(testContext(), options))
        const subscription = await transport.subscribe({ ...listener, prefetch: () => prefetch })
        const pull = pulling((signal) => subscription.deliveries(signal))
        return { transport, subscription, pull }
      },
    }
  }

  type Member = Awaited<ReturnType<Awaited<ReturnType<typeof stage>>['member']>>

  async function handle({ pull, subscription }: Member, count: number): Promise<string[]> {
    const ids: string[] = []
    while (ids.length < count) {
      const { event, receipt } = await pull.next()
      ids.push(event?.id ?? '')
      await subscription.acknowledge(receipt)
    }
    return ids
  }

  async function pendingOf(stream: string): Promise<number> {
    return ((await redis.xpending(stream, group)) as [number])[0]
  }

  it('of a member that has died is taken over with what is new in between', async () => {
    const { send, hold, member, stream } = await stage(quick)
    const left = numbered('none', 300)
    await send(...left)
    await hold(300)
    await until('the lease of all is over', async () => {
      const [newest] = (await redis.xpending(stream, group, '-', '+', 300)).slice(-1) as [unknown[]]
      return Number(newest[2]) >= 300
    })
    const survivor = await member()
    const handled = await handle(survivor, 20)
    await send('none-new')
    const next = await handle(survivor, 20)
    expect(next, 'what comes soon after it was sent').to.include('none-new')
    handled.push(...next, ...(await handle(survivor, 261)))
    expect(handled.filter((id) => id !== 'none-new')).to.deep.equal(left)
  })

  it('is looked through for the key of a new event, and each entry once', async () => {
    const { send, hold, member, stream } = await stage(slow)
    await send(...numbered('none', 150), 'a-0', ...numbered('none', 150))
    await hold(301)
    const one = await member()
    await send('a-1', 'b-0')
    expect(await handle(one, 1), 'what is not behind one of its key').to.deep.equal(['b-0'])
    const [entered] = Object.entries(await redis.hgetall(`${stream}:${group}:keys`)).filter(([name]) =>
      name.startsWith('entered '),
    )
    const last = (await redis.xrevrange(stream, '+', '-', 'COUNT', 1)) as [string, string[]][]
    expect(entered?.[1], 'up to where it was looked through').to.equal(last[0]?.[0])
  })

  it('behind one key does not hide what another member has left', async () => {
    const { send, hold, member, stream } = await stage(quick)
    await send('a-0')
    const one = await member()
    const { pull, subscription } = one
    const ahead = await pull.next()
    const next = pull.next()
    await send(...numbered('a', 60))
    await until('all wait', async () => (await pendingOf(stream)) === 61)
    subscription.pause!()
    await send('none-0')
    await hold(1)
    subscription.resume!()
    const found = await next
    expect(found.event?.id).to.equal('none-0')
    await subscription.acknowledge(found.receipt)
    await subscription.acknowledge(ahead.receipt)
    expect(await handle(one, 60)).to.deep.equal(numbered('a', 60))
  })

  it('of one key that was trimmed away is passed over in steps', async () => {
    const { send, member, stream, listener } = await stage(quick)
    await send('a-0', ...numbered('a', 350))
    const one = await member()
    const ahead = await one.pull.next()
    const next = one.pull.next()
    await until('all wait', async () => (await pendingOf(stream)) === 351)
    await redis.xtrim(stream, 'MAXLEN', 0)
    await send('a-last')
    await one.subscription.acknowledge(ahead.receipt)
    const { event, receipt } = await next
    expect(event?.id).to.equal('a-last')
    await one.subscription.acknowledge(receipt)
    expect((await one.transport.standing!(listener)).counts).to.include({ acknowledged: 2, trimmed: 350 })
  })

  it('of events that rest comes again when they are due, however many they are', async function () {
    this.timeout(30_000)
    const count = 10_200
    const { send, member, stream } = await stage({ ...quick, batch_size: 100, acknowledgement_timeout: 20 })
    await send(...numbered('none', count))
    const one = await member(count)
    const since = Date.now()
    const settling: Promise<unknown>[] = []
    for (let n = 0; n < count; n += 1) {
      const { receipt } = await one.pull.next()
      settling.push(one.subscription.giveBack(receipt, { delayMs: 4_000 }))
    }
    await Promise.all(settling)
    expect(
      await redis.zcard(`${stream}:${group}:resting`),
      'how many this process does not wait for',
    ).to.equal(200)
    const handled: string[] = []
    for (let n = 0; n < count; n += 1) {
      const { event, receipt, attempt } = await one.pull.next()
      expect(attempt).to.equal(2)
      expect(Date.now() - since).to.be.at.least(3_990)
      handled.push(event?.id ?? '')
      await one.subscription.acknowledge(receipt)
    }
    expect(handled).to.have.members(numbered('none', count))
  })

  it('of dead letters is listed as it was when the reading began, and redriven to a listener that waits', async () => {
    const { send, member, listener } = await stage(slow)
    const one = await member(1)
    const ids = numbered('none', 250)
    await send(...ids)
    for (const _ of ids) await one.subscription.deadLetter((await one.pull.next()).receipt, reason)
    const store = one.transport.deadLetters!
    let listed = 0
    for await (const letter of store.list(listener)) {
      listed += 1
      await store.redrive(letter)
      await one.subscription.deadLetter((await one.pull.next()).receipt, reason)
    }
    expect(listed).to.equal(250)
    const again = handle(one, 250)
    const parts = { store, clock: realClock }
    expect(await redriveDeadLetters(parts, listener)).to.equal(250)
    expect(await again).to.deep.equal(ids)
    expect(await collected(store.list(listener))).to.deep.equal([])
  })
})

describe('many listeners on one connection', () => {
  const opened = openedInTest()

  it('each take over what was left to them, and hear what is new', async () => {
    const transport = await opened(eventTransport(testContext(), quick))
    const names = Array.from({ length: 120 }, (_, n) => `many${n}`)
    const heard: string[] = []
    const address = (apiName: string) => ({ apiName, eventName: 'happened' })
    const event = (apiName: string) => createEventMessage({ ...address(apiName), parameters: {} })
    for (const name of names) {
      const stream = `${namespace}${name}.*:stream`
      await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM')
      await transport.send(event(name))
      await redis.xreadgroup('GROUP', group, 'silent', 'COUNT', 1, 'STREAMS', stream, '>')
    }
    const stopping = names.map(() => new AbortController())
    const loops = names.map(async (name, n) => {
      const request = { listenerName: 'l', events: [address(name)], prefetch: () => 1 }
      const subscription = await transport.subscribe(request)
      for await (const { event: given, receipt } of subscription.deliveries(stopping[n]!.signal)) {
        heard.push(given?.apiName ?? '')
        await subscription.acknowledge(receipt)
      }
    })
    await until('all have what was left', () => heard.length === names.length)
    expect(heard).to.have.members(names)
    // Now and then one alone, now and then some at once.
    for (let n = 0; n < names.length; n += 3) {
      await Promise.all(names.slice(n, n + 3).map((name) => transport.send(event(name))))
      await until('they are heard', () => heard.length === names.length + Math.min(n + 3, names.length))
    }
    expect(heard.slice(names.length)).to.have.members(names)
    for (const one of stopping) one.abort()
    await Promise.all(loops)
  })
})

function numbered(key: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${key}-${n + 1}`)
}
