import { setTimeout as pause } from 'node:timers/promises'
import { defineApi, event, procedure, type Api } from '@lightbus/core'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { until } from '../redis-fixture.ts'
import { busAt, connectionsOf } from '../whole-bus.ts'
import { startServer, type Server } from './servers.ts'

const windowMs = 24_000

const apis = Array.from({ length: 10 }, (_, n) =>
  defineApi(`idle${n}`, {
    events: { happened: event({ n: z.number() }) },
    procedures: { double: procedure({ n: z.number() }, z.number()) },
  }),
)

describe('a worker that has nothing to do', () => {
  let server: Server
  let redis: Redis
  let monitor: Redis
  // When a client has sent a command, by its address; what scripts call is the business of the server.
  const sent: { readonly from: string; readonly atMs: number }[] = []
  const closing: { stop(): Promise<unknown> }[] = []

  before(async () => {
    server = await startServer('distribution')
    redis = new Redis(server.url)
    // Until it is ready its own questions would be taken for answers to the other.
    await redis.ping()
    monitor = await redis.monitor()
    monitor.on('monitor', (_time: string, _words: string[], from: string) => {
      if (from !== 'lua') sent.push({ from, atMs: performance.now() })
    })
  })
  afterEach(() => Promise.all(closing.splice(0).map((bus) => bus.stop())))
  after(async () => {
    monitor.disconnect()
    redis.disconnect()
    await server.stop()
  })

  /** A bus that has heard an event with each of its listeners and answered a call to each of its APIs, and goes on so. */
  async function worker(name: string, served: readonly Api[], listeners: number) {
    let heard = 0
    const bus = busAt({ url: server.url, namespace: `${name}:` }, name, served)
    closing.push(bus)
    for (const api of served) bus.serve(api, { double: ({ n }: { n?: unknown }) => 2 * Number(n) })
    for (let n = 0; n < listeners; n += 1) {
      const address = `${served[n % served.length]?.name}.happened`
      bus.listen([address], () => void (heard += 1), { listenerName: `l${n}` })
    }
    await bus.start()
    for (const { name: api } of served) {
      expect(await bus.call(`${api}.double`, { n: 1 })).to.equal(2)
      await bus.fire(`${api}.happened`, { n: 1 })
    }
    await until('each listener has heard an event', () => heard === listeners)
  }

  it('sends less than one command in a second over three connections', async function () {
    this.timeout(windowMs + 30_000)
    await worker('two', apis.slice(0, 1), 2)
    const addresses = new Set(await connectionsOf(redis, 'two'))
    expect(addresses.size, 'its connections').to.equal(3)
    const own = () => sent.filter(({ from }) => addresses.has(from))
    const isSettled = (): boolean => performance.now() - (own().at(-1)?.atMs ?? 0) > 1_000
    await until('it has been still for a second', isSettled, 20_000)
    const from = performance.now()
    await pause(windowMs)
    const count = own().filter(({ atMs }) => atMs >= from).length
    expect(await connectionsOf(redis, 'two')).to.have.members([...addresses])
    // It has to have looked, waited and said that it serves.
    expect(count, 'how many commands it has sent').to.be.within(4, windowMs / 1_000)
  })

  it('needs no more connections with twenty listeners and ten APIs', async () => {
    await worker('many', apis, 20)
    expect(await connectionsOf(redis, 'many')).to.have.lengthOf(3)
  })
})
