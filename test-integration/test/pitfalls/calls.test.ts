import type { HandlerContext, WrittenConfig } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { busError, transports, until } from '../each-transport.ts'
import { gate, placeOn, shop, shopBus, type Different } from './stage.ts'

type Pack = (n: number, context: HandlerContext) => number | Promise<number>

/** A started process that serves the shop. */
async function serving(config: WrittenConfig, pack: Pack, different: Different = {}) {
  const bus = shopBus(config, different)
  bus.serve(shop, { pack: ({ n }, context) => pack(n, context) })
  await bus.start()
  return bus
}

for (const transport of transports) {
  describe(`calls, where others lose or repeat them, over ${transport}`, () => {
    it('a call that is over ends its handler in the other process: its signal aborts within 50 ms', async () => {
      await using place = placeOn(transport)
      let aborted = 0
      const running = { now: gate() }
      const bus = await serving(place.config, (_, { signal }) => {
        running.now.open()
        signal.addEventListener('abort', () => (aborted = performance.now()), { once: true })
        return new Promise(() => undefined)
      })
      await using caller = shopBus(place.config, { service: 'caller' })
      for (const how of ['timeout', 'abort'] as const) {
        const afterMs: number[] = []
        for (let n = 0; n < 5; n++) {
          running.now = gate()
          aborted = 0
          const patience = new AbortController()
          const options = how === 'timeout' ? { timeout: '100ms' as const } : { signal: patience.signal }
          const over = busError(caller.shop.pack({ n }, options))
          await running.now.opened
          const began = performance.now()
          patience.abort()
          expect((await over).code).to.equal(how === 'timeout' ? 'BUS_RPC_TIMEOUT' : 'BUS_RPC_ABORTED')
          const overAt = how === 'timeout' ? performance.now() : began
          await until(() => aborted > 0, 'the handler is told')
          afterMs.push(aborted - overAt)
        }
        expect(Math.min(...afterMs), `${how}: ${afterMs.join()}`).to.be.below(50)
      }
      await bus.stop({ force: true })
    })

    it('a stop without options waits for the call that runs, and its caller gets the result', async () => {
      await using place = placeOn(transport)
      const [started, mayEnd] = [gate(), gate()]
      const executed: number[] = []
      const bus = await serving(place.config, async (n) => {
        executed.push(n)
        started.open()
        await mayEnd.opened
        return n
      })
      await using caller = shopBus(place.config, { service: 'caller' })
      const answer = caller.shop.pack({ n: 7 })
      await started.opened
      const stopping = bus.stop()
      const late = await busError(caller.shop.pack({ n: 8 }, { timeout: '200ms' }))
      expect(late.code).to.equal('BUS_RPC_TIMEOUT')
      mayEnd.open()
      expect(await answer).to.equal(7)
      await stopping
      expect(executed).to.deep.equal([7])
    })

    it('a call is executed by one of two processes of a service, once', async () => {
      await using place = placeOn(transport)
      const executed: number[] = []
      const pack = (n: number) => executed.push(n)
      await using one = await serving(place.config, pack)
      await using _ = await serving(place.config, pack, { process: 'two' })
      await Promise.all(Array.from({ length: 40 }, (__, n) => one.shop.pack({ n })))
      expect(executed.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 40 }, (__, n) => n))
    })

    it('a server whose connections were cut serves the next calls and hears the next events, again and again', async () => {
      await using place = placeOn(transport)
      const bus = shopBus(place.config)
      const heard: number[] = []
      bus.serve(shop, { pack: ({ n }) => n })
      bus.shop.placed.listen(({ n }) => heard.push(n), { listenerName: 'l' })
      await bus.start()
      await using _ = bus
      for (const n of [1, 2, 3]) {
        await place.cut()
        await until(() => works(() => bus.shop.placed.fire({ n })), 'an event is accepted')
        await until(() => heard.includes(n), 'it is heard')
        await until(() => works(() => bus.shop.pack({ n })), 'a call is answered')
      }
    })

    it('a procedure or an API that nobody has is an error at once, not a timeout', async () => {
      await using place = placeOn(transport)
      await using bus = await serving(place.config, (n) => n)
      await using stranger = shopBus(place.config, { service: 'stranger' })
      const began = performance.now()
      for (const [procedure, code] of [
        ['shop.pakc', 'BUS_RPC_UNKNOWN_PROCEDURE'],
        ['shpo.pack', 'BUS_API_UNKNOWN'],
      ] as const)
        expect((await busError(stranger.call(procedure, { n: 1 }, { timeout: '1h' }))).code).to.equal(code)
      await bus.stop()
      expect((await busError(stranger.shop.pack({ n: 1 }, { timeout: '1h' }))).code).to.equal(
        'BUS_RPC_NOT_SERVED',
      )
      expect(performance.now() - began).to.be.below(5_000)
    })
  })
}

describe('calls, where time matters, in memory', () => {
  it('a stop without options has patience for seconds, and an end', async () => {
    for (const endsAfterMs of [9_000, 12_000]) {
      const clock = new VirtualClock()
      await using place = placeOn('memory')
      await using caller = shopBus(place.config, { service: 'caller', clock })
      const started = gate()
      const bus = await serving(
        place.config,
        (n, { signal }) => {
          started.open()
          return new Promise((resolve, reject) => {
            clock.after(endsAfterMs, () => resolve(n))
            signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
          })
        },
        { clock },
      )
      const answer = caller.shop.pack({ n: 7 }, { timeout: '1m' }).catch(() => 'no answer')
      await started.opened
      let isStopped = false
      const stopping = bus.stop().then(() => (isStopped = true))
      await until(() => (clock.advance(100), isStopped), 'it stops')
      await stopping
      clock.advance(60_000)
      expect(await answer).to.equal(endsAfterMs < 10_000 ? 7 : 'no answer')
    }
  })
})

async function works(act: () => Promise<unknown>): Promise<boolean> {
  return act().then(
    () => true,
    () => false,
  )
}
