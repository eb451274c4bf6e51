import { createBus, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { keepingLog, transports, until } from '../each-transport.ts'
import { gate, placeOn, shop, shopBus } from './stage.ts'

type Listener = NonNullable<WrittenConfig['listeners']>[string]

for (const transport of transports) {
  describe(`the options of the file have an effect over ${transport}`, () => {
    /** A bus with one listener, of which the program says nothing and the file says this. */
    async function listening(listener: Listener, handler: (n: number) => unknown) {
      const place = placeOn(transport)
      const bus = shopBus({ ...place.config, listeners: { l: listener } })
      bus.serve(shop, { pack: ({ n }) => n })
      bus.shop.placed.listen(({ n }) => handler(n), { listenerName: 'l' })
      await bus.start()
      const dispose = async (): Promise<void> => {
        await bus.stop({ force: true })
        await place[Symbol.asyncDispose]()
      }
      const fire = async (ns: readonly number[]): Promise<void> => {
        for (const n of ns) await bus.shop.placed.fire({ n })
      }
      return { bus, fire, [Symbol.asyncDispose]: dispose }
    }

    it('service_name and process_name: what the process is called', async () => {
      await using place = placeOn(transport)
      const { log } = keepingLog()
      const config = { ...place.config, service_name: 'of-the-file', process_name: 'first' }
      await using bus = createBus({ apis: [shop], config, log })
      expect(await bus.start()).to.include({ serviceName: 'of-the-file', processName: 'first' })
    })

    it('bus.schema.ttl: how long a schema outlives its service', async () => {
      await using place = placeOn(transport)
      const { bus, ...others } = place.config
      await using owner = shopBus({ ...others, bus: { schema: { ...bus?.schema, ttl: '1h' } } })
      owner.serve(shop, { pack: ({ n }) => n })
      await owner.start()
      expect(await place.schemaTtlMs()).to.be.within(3_500_000, 3_600_000)
    })

    it('listeners.concurrency: as many handlers at a time', async () => {
      const end = gate()
      let running = 0
      await using listener = await listening({ concurrency: 3 }, () => (running++, end.opened))
      await listener.fire([1, 2, 3, 4, 5])
      await until(() => running === 3, 'three run')
      await listener.bus.shop.pack({ n: 1 })
      expect(running).to.equal(3)
      end.open()
      await until(() => running === 5, 'the others run')
    })

    it('listeners.prefetch: no more events are held, however many could be handled', async () => {
      const end = gate()
      await using listener = await listening({ prefetch: 2, concurrency: 5 }, () => end.opened)
      await listener.fire([1, 2, 3, 4, 5])
      const events = await listener.bus.eventTransport()
      const address = { listenerName: 'l', events: [{ apiName: 'shop', eventName: 'placed' }] }
      await until(async () => {
        const standing = await events.standing?.(address)
        return standing?.pending === 2 && standing.lag === 3
      }, 'two are held')
      end.open()
    })

    it('listeners.idempotent: an event with the same id is handled once', async () => {
      const handled: number[] = []
      await using listener = await listening({ idempotent: true }, (n) => handled.push(n))
      for (const id of ['a', 'a', 'b']) await listener.bus.shop.placed.fire({ n: id === 'a' ? 1 : 2 }, { id })
      await until(() => handled.includes(2), 'the last one')
      expect(handled).to.deep.equal([1, 2])
    })

    it('listeners.outbox and listeners.retry: what a failing handler has fired does not leave', async () => {
      const handled: number[] = []
      await using listener = await listening({ outbox: true, retry: { attempts: 1 } }, async (n) => {
        handled.push(n)
        if (n !== 1) return
        await listener.bus.shop.placed.fire({ n: 100 })
        throw new Error('no')
      })
      await listener.fire([1, 2])
      await until(() => handled.includes(2), 'the last one')
      expect(handled).to.deep.equal([1, 2])
    })

    it('listeners.kill_switch and listeners.on_error: a listener that fails too often pauses', async () => {
      const killSwitch = { failure_rate: 1, of: 2, pause: '1h' } as const
      const handled: number[] = []
      const dropping = { on_error: 'acknowledge_and_log', kill_switch: killSwitch } as const
      await using listener = await listening(dropping, (n) => {
        handled.push(n)
        throw new Error('no')
      })
      await listener.fire([1, 2, 3])
      await until(() => listener.bus.lines.some((line) => line.includes('pauses')), 'it pauses')
      expect(handled).to.deep.equal([1, 2])
      expect(listener.bus.lines.filter((line) => line.includes('the event is dropped'))).to.have.lengthOf(2)
    })
  })
}

describe('the options of the file have an effect', () => {
  it('bus.claim_check.ttl: how long large parameters are kept', async () => {
    await using place = placeOn('memory')
    const kept: unknown[] = []
    const { log } = keepingLog()
    const payloads = {
      put: async (_key: string, _payload: string, options: unknown) => void kept.push(options),
      get: async () => undefined,
    }
    const config = {
      ...place.config,
      bus: { ...place.config.bus, claim_check: { above: 1, ttl: '7s' } },
    } as const
    await using bus = createBus({ apis: [shop], config, payloads, log })
    bus.serve(shop, { pack: ({ n }) => n })
    await bus.shop.placed.fire({ n: 1 })
    expect(kept).to.deep.equal([{ ttlMs: 7_000 }])
  })
})
