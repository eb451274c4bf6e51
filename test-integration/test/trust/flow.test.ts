import { createBus, defineApi, event, tokens, type ListenOptions, type WrittenConfig } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { z } from 'zod'
import { keepingLog, transports, until, type TransportName } from '../each-transport.ts'
import { holding } from './holding.ts'
import { swiftConfig } from './swift-config.ts'

const shop = defineApi('shop', {
  events: { placed: event({ n: z.int() }), paid: event({ n: z.int() }) },
})

const now = (): number => performance.now()

/** A service whose processes share the work of their listeners. */
function service(transport: TransportName, listeners: WrittenConfig['listeners'] = {}) {
  const config = { ...swiftConfig(transport), listeners }
  let processes = 0
  const join = (clock?: VirtualClock) => {
    const bus = createBus({
      apis: [shop],
      config,
      serviceName: 'shop',
      processName: `p${++processes}`,
      log: keepingLog().log,
      override: (container) => clock && container.register(tokens.clock, { useValue: clock }),
    })
    bus.serve(shop)
    return bus
  }
  return { join }
}

type ShopBus = ReturnType<ReturnType<typeof service>['join']>

const place = async (bus: ShopBus, count: number, from = 1): Promise<void> => {
  for (let n = from; n < from + count; n++) await bus.shop.placed.fire({ n })
}

for (const transport of transports) {
  describe(`the flow of events over ${transport}`, () => {
    const listening = (bus: ShopBus, options: Partial<ListenOptions> = {}) => {
      const held = holding<number>()
      const control = bus.shop.placed.listen(({ n }) => held.hold(n), { listenerName: 'packing', ...options })
      return { held, control }
    }

    it('concurrency: grows and shrinks while the bus runs, and nothing is lost', async () => {
      await using bus = service(transport).join()
      const { held, control } = listening(bus)
      await bus.start()
      await place(bus, 12)
      await until(() => held.running.length === 1, 'one at a time')
      control.limit({ concurrency: 4 })
      await until(() => held.running.length === 4, 'four at a time')
      control.limit({ concurrency: 2 })
      held.let(2)
      expect(held.most).to.equal(4)
      held.countAnew()
      held.let(1)
      await until(() => held.running.length === 2, 'two at a time')
      await until(() => {
        if (held.running.length === 2 || held.begun.length === 12) held.let(1)
        return held.begun.length === 12 && held.running.length === 0
      }, 'all are handled')
      expect(held.most).to.equal(2)
      expect(held.begun.toSorted((a, b) => a - b)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    })

    it('concurrency and prefetch: may stand in the file, where code is stronger', async () => {
      await using bus = service(transport, { packing: { concurrency: 3, prefetch: 3 } }).join()
      const { held } = listening(bus)
      const code = holding<number>()
      bus.shop.placed.listen(({ n }) => code.hold(n), { listenerName: 'billing', concurrency: 2 })
      await bus.start()
      await place(bus, 6)
      await until(() => held.running.length === 3 && code.running.length === 2, 'as many as may')
      await until(() => {
        held.let(1)
        code.let(1)
        return held.begun.length === 6 && code.begun.length === 6
      }, 'all are handled')
      expect([held.most, code.most]).to.deep.equal([3, 2])
      held.let()
      code.let()
    })

    it('prefetch: what a process holds and has not begun is no more than that, and begins one at a time', async () => {
      const { join } = service(transport)
      await using first = join()
      const { held, control } = listening(first, { prefetch: 3 })
      await first.start()
      await place(first, 8)
      await until(() => held.running.length === 1, 'the first runs')
      await using second = join()
      const other = listening(second, { concurrency: 9 })
      await second.start()
      // Memory holds nothing ahead.
      const free = transport === 'memory' ? 7 : 5
      await until(() => other.held.running.length === free, 'the others are free for whoever has room')
      control.limit({ prefetch: 1 })
      await until(() => {
        held.let()
        other.held.let()
        return held.begun.length + other.held.begun.length === 8 && held.running.length === 0
      }, 'all are handled')
      expect(held.most).to.equal(1)
      other.held.let()
      await place(first, 3, 9)
      await until(() => held.running.length + other.held.running.length === 3, 'they go on')
      held.let()
      other.held.let()
      await until(() => held.begun.length + other.held.begun.length === 11, 'and on')
    })

    it('pause: begins nothing more, and leaves what it has not begun to the others; resume goes on', async () => {
      const { join } = service(transport)
      await using first = join()
      const { held, control } = listening(first, { concurrency: 2, prefetch: 4 })
      await first.start()
      await place(first, 6)
      await until(() => held.running.length === 2, 'two run')
      control.pause()
      held.let()
      await using second = join()
      const other = listening(second, { concurrency: 9 })
      await second.start()
      await until(() => other.held.running.length === 4, 'the other process has the rest')
      expect(held.begun).to.have.lengthOf(2)
      control.resume()
      await place(first, 8, 7)
      await until(() => held.running.length === 2, 'it goes on')
      await until(() => {
        held.let()
        other.held.let()
        return held.begun.length + other.held.begun.length === 14 && held.running.length === 0
      }, 'all are handled')
      other.held.let()
    })

    it('keys: one event at a time of a key, different keys side by side', async () => {
      const { join } = service(transport)
      await using first = join()
      await using second = join()
      const all = [first, second].map((bus) => listening(bus, { concurrency: 5 }).held)
      await first.start()
      await second.start()
      // The key is the tens.
      for (const n of [11, 12, 21, 22, 13, 31])
        await first.shop.placed.fire({ n }, { key: `k${Math.floor(n / 10)}` })
      const running = () => all.flatMap((held) => held.running).toSorted((a, b) => a - b)
      const begun = () => all.flatMap((held) => held.begun)
      const next = (expected: readonly number[]) =>
        until(() => String(running()) === String(expected), `${String(expected)} run`)
      await next([11, 21, 31])
      for (const held of all) held.let()
      await next([12, 22])
      for (const held of all) held.let()
      await next([13])
      for (const held of all) held.let()
      expect(begun()).to.have.lengthOf(6)
    })

    it('keys: a failing event holds back only its key', async () => {
      await using bus = service(transport).join()
      const handled: string[] = []
      let isBroken = true
      bus.shop.placed.listen(
        ({ n }, { message }) => {
          if (n === 1 && isBroken) throw new Error('not yet')
          handled.push(`${message.name} ${n}`)
        },
        { listenerName: 'packing', retry: { attempts: 1_000, delay: '5ms', maxDelay: '20ms' } },
      )
      await bus.start()
      for (const n of [1, 2]) await bus.shop.placed.fire({ n }, { key: 'broken' })
      for (const n of [3, 4, 5]) await bus.shop.placed.fire({ n }, { key: 'sound' })
      await until(() => handled.length === 3, 'the other key goes on')
      expect(handled).to.deep.equal(['shop.placed 3', 'shop.placed 4', 'shop.placed 5'])
      isBroken = false
      await until(() => handled.length === 5, 'the broken one is mended')
      expect(handled.slice(3)).to.deep.equal(['shop.placed 1', 'shop.placed 2'])
    })

    it('rate limit: no more than so many in any such time; the rest stays for processes that have room', async () => {
      const { join } = service(transport, { packing: { rate_limit: { events: 2, per: '300ms' } } })
      await using first = join()
      const times: number[] = []
      first.shop.placed.listen(() => void times.push(now()), { listenerName: 'packing', concurrency: 5 })
      await first.start()
      await place(first, 6)
      await until(() => times.length === 6, 'all are handled')
      // The handlers began when they were let, and run a moment later.
      for (let i = 2; i < times.length; i++) expect((times[i] ?? 0) - (times[i - 2] ?? 0)).to.be.above(250)
      await using second = join()
      const heard: number[] = []
      second.shop.placed.listen(({ n }) => heard.push(n), {
        listenerName: 'packing',
        rateLimit: { events: 1_000, per: '1s' },
      })
      await second.start()
      await place(first, 20, 7)
      await until(() => heard.length + times.length === 26, 'the second takes what the first may not')
      expect(times.length).to.be.below(13)
    })

    it('a slow listener holds up no other', async () => {
      await using bus = service(transport).join()
      const { held } = listening(bus)
      const quick: number[] = []
      bus.listen(['shop.placed', 'shop.paid'], ({ n }: { n: number }) => quick.push(n), {
        listenerName: 'quick',
      })
      await bus.start()
      await place(bus, 50)
      await bus.shop.paid.fire({ n: 0 })
      await until(() => quick.length === 51, 'the quick one has heard all')
      expect(held.begun).to.deep.equal([1])
      await until(() => {
        held.let()
        return held.begun.length === 50
      }, 'the slow one hears all as well')
      held.let()
    })
  })
}

describe('the flow of events by the clock of the bus', () => {
  it('rate limit: counts in any span of its time, and may be changed while the bus runs', async () => {
    const clock = new VirtualClock()
    await using bus = service('memory').join(clock)
    const heard: number[] = []
    const control = bus.shop.placed.listen(({ n }) => heard.push(n), {
      listenerName: 'packing',
      rateLimit: { events: 3, per: '1m' },
    })
    await bus.start()
    await place(bus, 8)
    await until(() => heard.length === 3, 'three at once')
    clock.advance(59_999)
    await bus.shop.paid.fire({ n: 0 })
    expect(heard).to.have.lengthOf(3)
    clock.advance(1)
    await until(() => heard.length === 6, 'three more after a minute')
    control.limit({ rateLimit: { events: 7, per: '1m' } })
    await until(() => heard.length === 8, 'as many as may with the new limit')
  })

  it('rate limit: a stop does not wait for it', async () => {
    const clock = new VirtualClock()
    const bus = service('memory').join(clock)
    const heard: number[] = []
    const control = bus.shop.placed.listen(({ n }) => heard.push(n), {
      listenerName: 'packing',
      rateLimit: { events: 1, per: '1d' },
    })
    await bus.start()
    await place(bus, 2)
    await until(() => heard.length === 1, 'the first')
    await control.stop()
    await bus.stop()
    expect(heard).to.deep.equal([1])
  })
})
