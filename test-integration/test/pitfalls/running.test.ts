import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { createMemoryBroker } from '@lightbus/transport-memory'
import { expect } from 'chai'
import { transports, until } from '../each-transport.ts'
import { freePort, startRedis } from './own-redis.ts'
import { configOf, gate, placeOn, shop, shopBus, type Place } from './stage.ts'

/** A bus that serves the shop and has so many listeners, which note what they hear. */
function busWith(config: Place['config'], listeners: number, heard: string[] = []) {
  const bus = shopBus(config)
  bus.serve(shop, { pack: ({ n }) => n })
  for (let index = 0; index < listeners; index++)
    bus.shop.placed.listen(({ n }) => heard.push(`${index}/${n}`), { listenerName: `l${index}` })
  return bus
}

for (const transport of transports) {
  describe(`a worker over ${transport}`, () => {
    it('has as many connections with ten listeners as with one, however many calls are under way, and none when it has stopped', async () => {
      const counts: number[] = []
      for (const listeners of [1, 10]) {
        await using place = placeOn(transport)
        await using bus = busWith(place.config, listeners)
        await bus.start()
        await Promise.all(Array.from({ length: 100 }, (_, n) => bus.shop.pack({ n })))
        counts.push(await place.connections())
        await bus.stop()
        await until(async () => (await place.connections()) === 0, 'all are closed')
      }
      expect(counts[0]).to.be.within(1, transport === 'redis' ? 3 : 4)
      expect(counts[1]).to.equal(counts[0])
    })

    it('goes on after events and calls that cannot be read, and rejects nothing that nobody handles', async () => {
      const rejections: unknown[] = []
      const note = (reason: unknown): void => void rejections.push(reason)
      process.on('unhandledRejection', note)
      try {
        await using place = placeOn(transport)
        const heard: string[] = []
        await using bus = busWith(place.config, 1, heard)
        await bus.start()
        for (const raw of ['{"id":', '', 'no JSON']) await place.inject(raw)
        await bus.shop.placed.fire({ n: 7 })
        await until(() => heard.length === 1, 'the event after them')
        expect(await bus.shop.pack({ n: 8 })).to.equal(8)
        let letters = 0
        for await (const letter of bus.deadLetters.list('l0')) {
          expect(letter.reason.code).to.be.oneOf(['BUS_EVENT_UNDECODABLE', 'BUS_EVENT_INVALID'])
          letters += 1
        }
        expect(letters).to.equal(3)
        expect(heard).to.deep.equal(['0/7'])
        expect(rejections).to.deep.equal([])
      } finally {
        process.off('unhandledRejection', note)
      }
    })

    it('prints no warning of a leak, however many messages it has in hand', async () => {
      const warnings: string[] = []
      const note = ({ message }: Error): void => void warnings.push(message)
      process.on('warning', note)
      try {
        await using place = placeOn(transport)
        const bus = shopBus(place.config)
        let inHand = 0
        const all = gate()
        const wait = async (n: number): Promise<number> => {
          if (++inHand === 200) all.open()
          await all.opened
          return n
        }
        const patience = new AbortController()
        bus.serve(shop, { pack: ({ n }) => wait(n) })
        bus.shop.placed.listen(({ n }) => wait(n), { listenerName: 'l', concurrency: 100 })
        await bus.start()
        await using _ = bus
        const ns = Array.from({ length: 100 }, (__, n) => n)
        await Promise.all(ns.map((n) => bus.shop.placed.fire({ n })))
        await Promise.all(ns.map((n) => bus.shop.pack({ n }, { signal: patience.signal })))
        expect(warnings).to.deep.equal([])
      } finally {
        process.off('warning', note)
      }
    })
  })
}

describe('a worker whose first tries to connect failed', function () {
  this.timeout(30_000)

  async function hearsEachEventOnce(bus: ReturnType<typeof busWith>, heard: string[]): Promise<void> {
    for (const n of [1, 2, 3]) await bus.shop.placed.fire({ n })
    expect(await bus.shop.pack({ n: 4 })).to.equal(4)
    await until(() => heard.includes('0/3'), 'the last event')
    await bus.stop()
    expect(heard).to.deep.equal(['0/1', '0/2', '0/3'])
  }

  it('in memory: has one listener all the same, which hears each event once', async () => {
    const broker = createMemoryBroker()
    const heard: string[] = []
    await using bus = busWith(configOf('memory', { broker }), 1, heard)
    const comes = broker.chaos.refuseOpening('host')
    const started = bus.start()
    await until(() => bus.lines.some((line) => line.startsWith('Waiting for the broker')), 'it waits')
    comes()
    await started
    expect(broker.inspect()).to.deep.include({ connections: 4 })
    expect(broker.inspect().groups.map(({ consumers }) => consumers)).to.deep.equal([['one']])
    await hearsEachEventOnce(bus, heard)
  })

  it('over redis: has no second connection, and hears each event once', async () => {
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}/0`
    const heard: string[] = []
    await using bus = busWith(configOf('redis', { url: `${url}?connectionName=late` }), 1, heard)
    const started = bus.start()
    await until(
      () => bus.lines.filter((line) => line.startsWith('Waiting for the broker')).length > 1,
      'it waits',
    )
    await using redis = await startRedis(port)
    await started
    const clients = String(await redis.admin.client('LIST'))
    expect(clients.split(' name=late ').length - 1).to.be.within(1, 3)
    await hearsEachEventOnce(bus, heard)
  })
})

describe('a worker that has nothing to do', function () {
  this.timeout(30_000)

  it('asks Redis for a few things a second', async () => {
    await using redis = await startRedis(await freePort())
    await using bus = busWith(configOf('redis', { url: redis.url }), 2)
    await bus.start()
    const asked: number[] = []
    const waits: number[] = []
    await using _ = watching(redis.port, (timeS, command) => {
      asked.push(timeS)
      if (command === 'xread') waits.push(timeS)
    })
    await until(() => waits.length >= 3, 'it has waited in vain for events', 20_000)
    const [from = 0, to = 0] = [waits[0], waits.at(-1)]
    const perSecond = asked.filter((time) => time >= from && time < to).length / (to - from)
    expect(perSecond).to.be.below(8)
  })
})

/** Tells of everything that a Redis is asked for, when and what; not of what a script does by itself. */
function watching(port: number, note: (timeS: number, command: string) => void): AsyncDisposable {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write('MONITOR\r\n')
  createInterface(socket).on('line', (line) => {
    const [, timeS, source, command = ''] = /^\+([\d.]+) \[\d+ (\S+)\] "(\w+)"/.exec(line) ?? []
    if (timeS !== undefined && source !== 'lua') note(Number(timeS), command.toLowerCase())
  })
  return {
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}
