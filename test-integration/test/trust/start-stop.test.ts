import { randomUUID } from 'node:crypto'
import { createBus, defineApi, event, procedure, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { load, work } from '../../fixtures/rolling-apis.ts'
import { busError, keepingLog, redisUrl, transports, until, type TransportName } from '../each-transport.ts'
import { holding } from './holding.ts'
import { lightbus } from './lightbus-process.ts'
import { swiftConfig } from './swift-config.ts'

const shop = defineApi('shop', {
  events: { placed: event({ n: z.int() }) },
  procedures: { price: procedure({ n: z.int() }, z.int()) },
})

/** A service whose processes share the work, and answer when the test lets them. */
function service(transport: TransportName, shutdownTimeout = '10s') {
  const swift = swiftConfig(transport)
  const config: WrittenConfig = { ...swift, bus: { ...swift.bus, shutdown_timeout: shutdownTimeout } }
  const join = (processName: string) => {
    const { log, lines } = keepingLog()
    const bus = createBus({ apis: [shop], config, serviceName: 'shop', processName, log })
    const events = holding<number>()
    const calls = holding<number>()
    bus.serve(shop, {
      async price({ n }, { signal }) {
        const heeds =
          n < 0 &&
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))
        await Promise.race([calls.hold(n), ...(heeds ? [heeds] : [])])
        return n * 10
      },
    })
    const listen = (concurrency = 1) =>
      bus.shop.placed.listen(({ n }) => events.hold(n), { listenerName: 'packing', concurrency })
    return { bus, lines, events, calls, listen }
  }
  return { join }
}

for (const transport of transports) {
  describe(`a start and a stop over ${transport}`, () => {
    it('start() resolves when nothing can be missed', async () => {
      for (let round = 0; round < 10; round++) {
        const { join } = service(transport)
        const [owner, other] = [join('a'), join('b')]
        await using _owner = owner.bus
        await using _other = other.bus
        await owner.bus.start()
        other.listen()
        await other.bus.start()
        await owner.bus.shop.placed.fire({ n: round })
        await until(() => other.events.running.length === 1, 'it is heard')
        other.events.let()
      }
    })

    it('a stop takes nothing new, finishes what is in hand, answers and acknowledges, and tells what it finished', async () => {
      const { join } = service(transport)
      const [first, second] = [join('a'), join('b')]
      first.listen(2)
      await first.bus.start()
      for (const n of [1, 2]) await first.bus.shop.placed.fire({ n })
      const answers = [1, 2, 3].map((n) => second.bus.shop.price({ n }))
      await until(
        () => first.events.running.length === 2 && first.calls.running.length === 3,
        'all are in hand',
      )
      second.listen(9)
      await second.bus.start()
      const stopped = first.bus.stop()
      await second.bus.shop.placed.fire({ n: 3 })
      const later = second.bus.shop.price({ n: 4 })
      await until(
        () => second.events.running.length === 1 && second.calls.running.length === 1,
        'the other has what is new',
      )
      first.events.let()
      first.calls.let()
      second.events.let()
      second.calls.let()
      expect(await stopped).to.deep.equal({
        finished: { events: { packing: 2 }, calls: 3 },
        handedBack: { events: {}, calls: 0 },
      })
      expect(await Promise.all([...answers, later])).to.deep.equal([10, 20, 30, 40])
      expect(first.lines.join('\n')).to.contain(
        'Stopped. Finished 2 events of "packing", 3 calls; handed back nothing',
      )
      await second.bus.stop()
      expect([...first.events.begun, ...second.events.begun]).to.have.members([1, 2, 3])
    })

    it('what still runs at shutdown_timeout is aborted and handed back, which the stop tells', async () => {
      const { join } = service(transport, '100ms')
      const [first, second, caller] = [join('a'), join('b'), join('caller')]
      await using _ = caller.bus
      first.listen(2)
      await first.bus.start()
      for (const n of [1, 2]) await first.bus.shop.placed.fire({ n })
      const answer = busError(caller.bus.shop.price({ n: 1 }, { timeout: '1s' }))
      await until(
        () => first.events.running.length === 2 && first.calls.running.length === 1,
        'all are in hand',
      )
      second.listen(9)
      await second.bus.start()
      expect(await first.bus.stop()).to.deep.equal({
        finished: { events: {}, calls: 0 },
        handedBack: { events: { packing: 2 }, calls: 1 },
      })
      expect(first.lines.join('\n')).to.contain('handed back 2 events of "packing", 1 call')
      await until(() => second.events.running.length === 2, 'the other process has them')
      expect(second.calls.begun, 'a call is executed at most once').to.deep.equal([])
      expect((await answer).code).to.equal('BUS_RPC_TIMEOUT')
      second.events.let()
      await second.bus.stop()
    })

    it('force, also while it drains already, aborts at once', async () => {
      const { join } = service(transport)
      const { bus, events, listen } = join('a')
      listen()
      await bus.start()
      await bus.shop.placed.fire({ n: 1 })
      await until(() => events.running.length === 1, 'it is in hand')
      const stopped = bus.stop()
      const { handedBack } = await bus.stop({ force: true })
      expect(handedBack).to.deep.equal({ events: { packing: 1 }, calls: 0 })
      expect(await stopped).to.deep.include({ handedBack })
    })

    it('a procedure that heeds its signal tells its caller at once that it was aborted', async () => {
      const { join } = service(transport)
      const [first, caller] = [join('a'), join('caller')]
      await using _ = caller.bus
      await first.bus.start()
      const answer = busError(caller.bus.shop.price({ n: -1 }, { timeout: '1m' }))
      await until(() => first.calls.begun.length === 1, 'it is executed')
      await first.bus.stop({ force: true })
      expect((await answer).message).to.contain('given up')
    })
  })

  describe(`listeners that come and go over ${transport}`, () => {
    it('one that is added while the bus runs misses nothing once it is ready', async () => {
      const { bus } = service(transport).join('a')
      await using _ = bus
      await bus.start()
      for (let round = 0; round < 10; round++) {
        const heard: number[] = []
        const control = bus.shop.placed.listen(({ n }) => heard.push(n), { listenerName: `l${round}` })
        await control.ready
        await bus.shop.placed.fire({ n: round })
        await until(() => heard.includes(round), 'it is heard')
        await control.stop()
      }
    })

    it('one that is there before the start is ready with it', async () => {
      const { bus, listen, events } = service(transport).join('a')
      await using _ = bus
      const { ready } = listen()
      await Promise.all([ready, bus.start()])
      await bus.shop.placed.fire({ n: 1 })
      await until(() => events.running.length === 1, 'it is heard')
      events.let()
    })

    it('one that stops finishes what it has in hand, gives up its name, and finds what came meanwhile when it is back', async () => {
      const { bus, listen, events } = service(transport).join('a')
      await using _ = bus
      const others: number[] = []
      bus.shop.placed.listen(({ n }) => others.push(n), { listenerName: 'others' })
      const first = listen()
      await bus.start()
      for (const n of [1, 2]) await bus.shop.placed.fire({ n })
      await until(() => events.running.length === 1, 'the first is in hand')
      expect(() => listen())
        .to.throw()
        .with.property('code', 'BUS_LISTENER_DUPLICATE')
      const stopped = first.stop()
      expect(first.stop()).to.equal(stopped)
      events.let()
      await stopped
      await bus.shop.placed.fire({ n: 3 })
      await until(() => others.length === 3, 'the others go on')
      expect(events.begun).to.deep.equal([1])
      await listen(9).ready
      await until(() => events.running.length === 2, 'it is back')
      expect(events.running).to.have.members([2, 3])
      events.let()
    })

    it('one that cannot begin says why, and leaves its name', async () => {
      const { bus, lines, listen, events } = service(transport).join('a')
      await using _ = bus
      await bus.start()
      const wrong = bus.listen(['shop.plced'], () => undefined, { listenerName: 'packing' })
      expect((await busError(wrong.ready)).code).to.equal('BUS_EVENT_UNKNOWN')
      expect(lines.join('\n')).to.contain('Listener "packing" could not begin')
      await listen().ready
      await bus.shop.placed.fire({ n: 1 })
      await until(() => events.running.length === 1, 'it listens')
      events.let()
    })

    it('one that is added while the bus starts begins when it has, and a bus that stops takes none', async () => {
      const { bus, listen, events } = service(transport).join('a')
      const started = bus.start()
      const { ready } = listen()
      await started
      await ready
      await bus.shop.placed.fire({ n: 1 })
      await until(() => events.running.length === 1, 'it listens')
      const stopped = bus.stop()
      const late = () => bus.shop.placed.listen(() => undefined, { listenerName: 'late' })
      expect(late).to.throw().with.property('code', 'BUS_STATE_WRONG')
      events.let()
      await stopped
      expect(late).to.throw().with.property('code', 'BUS_STATE_WRONG')
      await bus.start()
      const { ready: again } = late()
      await again
      await bus.stop()
    })
  })
}

describe('a stop over memory', () => {
  it('serves until the last event is handled, whose handlers have nobody else to call', async () => {
    const { bus, calls } = service('memory').join('a')
    const told: number[] = []
    bus.shop.placed.listen(
      async ({ n }) => {
        told.push(await bus.shop.price({ n }))
        await new Promise((resolve) => setImmediate(resolve))
      },
      { listenerName: 'telling' },
    )
    await bus.start()
    for (const n of [1, 2, 3]) await bus.shop.placed.fire({ n })
    const stopped = bus.stop()
    await until(() => {
      calls.let()
      return told.length === 3
    }, 'all are told')
    expect((await stopped).finished).to.deep.equal({ events: { telling: 3 }, calls: 3 })
    expect(told).to.deep.equal([10, 20, 30])
  })
})

describe('a worker that is told to stop by a signal', function () {
  this.timeout(60_000)

  /** `lightbus run` over Redis, with handlers that end at the signal, never, or at once. */
  async function processes() {
    const namespace = `test-${randomUUID()}:`
    const redis = { redis: { namespace, url: redisUrl(), reclaim_interval: '100ms' } }
    const {
      redis: { reclaim_interval: _, ...place },
    } = redis
    const bus = createBus({
      apis: [load, work],
      serviceName: 'load',
      log: keepingLog().log,
      config: {
        bus: { schema: { transport: { redis: place } } },
        apis: {
          default: {
            event_transport: redis,
            rpc_transport: { redis: place },
            result_transport: { redis: place },
          },
        },
      },
    })
    const handled: { n: number; by: string }[] = []
    bus.serve(load)
    bus.work.handled.listen((one) => handled.push(one), { listenerName: 'counting' })
    const begin = async (handlers: 'end at the signal' | 'never end' | 'end at once') => {
      const run = lightbus(['run', 'told-bus.ts'], { TEST_NAMESPACE: namespace, TEST_HANDLERS: handlers })
      await until(() => run.output.includes('ready in'), 'it starts', 30_000)
      return run
    }
    return { bus, handled, begin }
  }

  it('finishes what it has in hand, answers and acknowledges, says so, and ends', async () => {
    const { bus, handled, begin } = await processes()
    await using _ = bus
    const worker = await begin('end at the signal')
    await bus.start()
    for (const n of [1, 2]) await bus.load.asked.fire({ n })
    const answers = [1, 2, 3].map((n) => bus.work.double({ n }))
    await until(() => worker.output.match(/(handling|executing) \d/g)?.length === 5, 'all are in hand')
    worker.child.kill('SIGTERM')
    expect(await worker.ended, worker.output).to.equal(0)
    expect(worker.output).to.contain(
      'Stopped. Finished 2 events of \\"handling\\", 3 calls; handed back nothing',
    )
    expect(await Promise.all(answers)).to.deep.equal([2, 4, 6])
    await until(() => handled.length === 2, 'both have been handled')
    // Whatever was not acknowledged would come to the next one, before what is fired then.
    const next = await begin('end at once')
    await bus.load.asked.fire({ n: 3 })
    await until(() => handled.some(({ n }) => n === 3), 'the next one is heard')
    expect(handled.map(({ n }) => n)).to.have.members([1, 2, 3])
    next.child.kill('SIGTERM')
    expect(await next.ended).to.equal(0)
  })

  it('a second signal aborts, and what was in hand goes to another process', async () => {
    const { bus, handled, begin } = await processes()
    await using _ = bus
    const worker = await begin('never end')
    await bus.start()
    for (const n of [1, 2]) await bus.load.asked.fire({ n })
    await until(() => worker.output.match(/handling \d/g)?.length === 2, 'both are in hand')
    const other = await begin('end at once')
    worker.child.kill('SIGTERM')
    await until(() => worker.output.includes('draining'), 'it drains')
    worker.child.kill('SIGTERM')
    expect(await worker.ended, worker.output).to.equal(0)
    expect(worker.output).to.contain('handed back 2 events of \\"handling\\"')
    await until(() => handled.length === 2, 'the other has handled them')
    other.child.kill('SIGTERM')
    expect(await other.ended).to.equal(0)
  })
})
