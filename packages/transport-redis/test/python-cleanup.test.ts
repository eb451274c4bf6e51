import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { lookScript } from '../src/look-scripts.ts'
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

const ttlMs = 800
const group = 'shop-l'

/** What a worker of Python does at its start with a stream that it listens on: whoever has not read for so long goes, and groups without consumers. */
async function cleanUp(stream: string, ttl = ttlMs): Promise<void> {
  for (const { name } of await rows('GROUPS', stream)) {
    for (const consumer of await rows('CONSUMERS', stream, String(name)))
      if (Number(consumer['idle']) >= ttl)
        await redis.xgroup('DELCONSUMER', stream, String(name), String(consumer['name']))
    const left = await rows('CONSUMERS', stream, String(name))
    if (left.length === 0) await redis.xgroup('DESTROY', stream, String(name))
  }
}

async function rows(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const reply = (await redis.call('XINFO', ...args)) as unknown[][]
  return reply.map((row) =>
    Object.fromEntries(row.flatMap((name, i) => (i % 2 === 0 ? [[String(name), row[i + 1]]] : []))),
  )
}

describe('a Python worker that starts', () => {
  const opened = openedInTest()
  let apis = 0

  async function stage(options: object, context: TestContext = testContext()) {
    apis += 1
    const apiName = `cleaned${apis}`
    const stream = `${namespace}${apiName}.*:stream`
    const transport = await opened(eventTransport(context, options))
    const request = { listenerName: 'l', events: [{ apiName, eventName: 'e' }], prefetch: () => 5 }
    return {
      stream,
      context,
      transport,
      request,
      send: (n: number, key?: string) => {
        const parts = { apiName, eventName: 'e', parameters: { n } }
        return transport.send(createEventMessage(key === undefined ? parts : { ...parts, key }))
      },
      /** Listens; `handled` has what was heard and acknowledged. */
      async listening() {
        const subscription = await transport.subscribe(request)
        const pull = pulling((signal) => subscription.deliveries(signal))
        const take = async () => {
          const { event, receipt } = await pull.next()
          return { n: event?.parameters['n'], done: () => subscription.acknowledge(receipt) }
        }
        const handle = async (count: number) => {
          const handled = []
          for (let i = 0; i < count; i += 1) {
            const { n, done } = await take()
            handled.push(n)
            await done()
          }
          return handled
        }
        return { take, handle }
      },
    }
  }

  /** Cleans again and again, for several times as long as it lets a consumer be silent. */
  async function cleanedUpFor(stream: string): Promise<void> {
    const started = performance.now()
    await until('it was cleaned up again and again', async () => {
      await cleanUp(stream)
      return performance.now() - started > 3 * ttlMs
    })
  }

  it('leaves a listener alone that hears nothing for long, paused or not', async () => {
    const { stream, send, listening, transport, request, context } = await stage({
      consumer_ttl: ttlMs / 1_000,
      reclaim_interval: 60,
    })
    const { take } = await listening()
    const next = take()
    const other = await transport.subscribe({ ...request, listenerName: 'paused' })
    other.pause?.()
    await cleanedUpFor(stream)
    expect((await rows('GROUPS', stream)).map(({ name }) => name)).to.have.members([group, 'shop-paused'])
    await send(1)
    expect((await next).n).to.equal(1)
    expect(context.notices).to.deep.equal([])
  })

  it('does not lose what waits behind an event of its key', async () => {
    const { stream, send, listening } = await stage({ consumer_ttl: ttlMs / 1_000 })
    const { take, handle } = await listening()
    await send(1, 'k')
    await send(2, 'k')
    const first = await take()
    const behind = async () => (await rows('CONSUMERS', stream, group)).map(({ name }) => name)
    const second = handle(1)
    await until('the second waits', async () => (await behind()).includes('lightbus:behind'))
    await cleanedUpFor(stream)
    await first.done()
    expect(await second).to.deep.equal([2])
  })

  it('and destroys a group makes it hear nothing twice, and miss nothing', async () => {
    const { stream, send, listening, context } = await stage({ reclaim_interval: 0.05 })
    const { handle } = await listening()
    await send(1)
    await send(2)
    expect(await handle(2)).to.deep.equal([1, 2])
    await aLook(stream)
    const third = handle(1)
    await cleanUp(stream, 0)
    await send(3)
    expect(await third).to.deep.equal([3])
    expect(context.notices.map(({ type }) => type)).to.deep.equal(['state-lost'])
  })

  it('and destroys a group makes nobody miss what was in hand', async () => {
    const { stream, send, listening } = await stage({ reclaim_interval: 0.05 })
    const { handle, take } = await listening()
    await send(1)
    await send(2)
    await send(3)
    expect(await handle(1)).to.deep.equal([1])
    const [second, third] = [await take(), await take()]
    await third.done()
    await aLook(stream)
    await cleanUp(stream, 0)
    await second.done()
    expect(await handle(2)).to.deep.equal([2, 3])
  })

  /** Resolves when a look at the stream has been answered that was asked for after this was called. */
  async function aLook(stream: string): Promise<void> {
    const monitor = await redis.monitor()
    try {
      let looks = 0
      monitor.on('monitor', (_time: string, words: string[]) => {
        if (words.includes(lookScript.sha) && words.includes(stream)) looks += 1
      })
      // The second comes after the answer to the first.
      await until('it has looked', () => looks >= 2)
    } finally {
      monitor.disconnect()
    }
  }
})
