import {
  createBus,
  defineApi,
  event,
  procedure,
  type FireOptions,
  type ListenOptions,
  type PayloadStore,
  type WrittenConfig,
} from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, keepingLog, privateConfig, quietBus, transports, until } from '../each-transport.ts'

const shop = defineApi('shop', {
  events: {
    order_placed: event({ order: z.string() }),
    order_packed: event({ order: z.string(), part: z.number() }),
  },
  procedures: { stock: procedure({}, z.int()) },
})

/** Large parameters that no stream should carry. */
const large = 'ü€'.repeat(100_000)

for (const transport of transports) {
  describe(`idempotent listeners over ${transport}`, () => {
    async function given(options: Partial<ListenOptions>) {
      const bus = quietBus([shop], privateConfig(transport, { retry: { delay: '5ms' } }))
      bus.serve(shop, { stock: () => 0 })
      const handled: string[] = []
      let isBroken = false
      const handler = ({ order }: { readonly order: string }): void => {
        handled.push(order)
        if (isBroken) throw new Error('broken')
      }
      bus.shop.order_placed.listen(handler, { listenerName: 'packing', ...options })
      await bus.start()
      const place = (order: string, id: string) => bus.shop.order_placed.fire({ order }, { id })
      const breaks = (value: boolean): void => void (isBroken = value)
      return { bus, handled, place, breaks }
    }

    it('handle an event once, however often it is sent', async () => {
      const { bus, handled, place } = await given({ idempotent: true, concurrency: 5 })
      await using _ = bus
      await Promise.all([1, 2, 3].map(() => place('a', 'one')))
      await place('b', 'two')
      await place('a', 'one')
      await place('c', 'three')
      await until(() => handled.includes('c'), 'the last is handled')
      await bus.stop()
      expect(handled.toSorted()).to.deep.equal(['a', 'b', 'c'])
    })

    it('handle an event again that has failed', async () => {
      const { bus, handled, place, breaks } = await given({ idempotent: '1h' })
      await using _ = bus
      breaks(true)
      await place('a', 'one')
      await until(() => handled.length === 2, 'it is tried again')
      breaks(false)
      await until(() => handled.length === 3, 'it is tried once more')
      await place('b', 'two')
      await until(() => handled.includes('b'), 'the next one is handled')
      expect(handled).to.deep.equal(['a', 'a', 'a', 'b'])
    })

    it('remember for as long as they are told, and each for itself', async () => {
      const { bus, handled, place } = await given({ idempotent: '50ms' })
      await using _ = bus
      await place('a', 'one')
      await until(() => handled.length === 1, 'it is handled')
      await until(async () => {
        await place('a', 'one')
        return handled.length === 2
      }, 'its time is over')
    })
  })

  describe(`outboxes over ${transport}`, () => {
    async function given(options: Partial<ListenOptions>, count = 2) {
      const bus = quietBus([shop], privateConfig(transport, { retry: { delay: '5ms' } }))
      bus.serve(shop, { stock: () => 0 })
      const packed: { readonly id: string; readonly part: number; readonly attempt: number }[] = []
      const attempts: number[] = []
      bus.shop.order_packed.listen(
        ({ part }, { message, attempt }) => void packed.push({ id: message.id, part, attempt }),
        {
          listenerName: 'billing',
        },
      )
      bus.shop.order_placed.listen(
        async ({ order }, { attempt }) => {
          await bus.shop.order_packed.fire({ order, part: 1 })
          await bus.shop.order_packed.fire({ order, part: 2 }, { id: 'mine' })
          attempts.push(attempt)
          if (attempt < 3) throw new Error('not yet')
        },
        { listenerName: 'packing', ...options },
      )
      await bus.start()
      await bus.shop.order_placed.fire({ order: 'a' }, { id: 'placed' })
      await until(() => attempts.length === 3 && packed.length >= count, 'it succeeds in the end')
      await bus.stop()
      return packed
    }

    it('send what a handler has fired only when it has succeeded, in order', async () => {
      const packed = await given({ outbox: true })
      expect(packed.map(({ part }) => part)).to.deep.equal([1, 2])
      expect(packed[1]?.id).to.equal('mine')
    })

    it('are none unless asked for', async () => {
      expect(await given({}, 6)).to.have.lengthOf(6)
    })

    it('name what they send the same way each time, for a transport that knows what was sent', async () => {
      const [one] = await given({ outbox: true })
      const [other] = await given({ outbox: true })
      expect(one?.id).to.be.a('string').and.to.equal(other?.id)
    })
  })

  describe(`delays and times to live over ${transport}`, () => {
    const listening = (config: WrittenConfig) => {
      const bus = quietBus([shop], config)
      bus.serve(shop, { stock: () => 0 })
      const handled: { readonly order: string; readonly at: number }[] = []
      const place = (order: string, options: FireOptions = {}) =>
        bus.shop.order_placed.fire({ order }, options)
      return { bus, handled, place }
    }

    it('deliver a delayed event no sooner', async () => {
      const { bus, handled, place } = listening(privateConfig(transport))
      await using _ = bus
      bus.shop.order_placed.listen(({ order }) => handled.push({ order, at: Date.now() }), {
        listenerName: 'l',
      })
      await bus.start()
      const dueAt = Date.now() + 200
      await place('later', { delay: '200ms' })
      await place('now')
      await until(() => handled.length === 2, 'both are handled')
      expect(handled.map(({ order }) => order)).to.deep.equal(['now', 'later'])
      expect(handled[1]?.at).to.be.at.least(dueAt)
    })

    it('deliver an event no more when its time to live is over', async () => {
      const { bus, handled, place } = listening(privateConfig(transport))
      await using _ = bus
      bus.shop.order_placed.listen(
        async ({ order }) => {
          handled.push({ order, at: Date.now() })
          if (order === 'first') await new Promise((resolve) => setTimeout(resolve, 150))
        },
        { listenerName: 'l' },
      )
      await bus.start()
      await place('first')
      await place('expires', { ttl: '50ms' })
      await place('stays', { ttl: '1h' })
      await until(() => handled.length === 2, 'two are handled')
      expect(handled.map(({ order }) => order)).to.deep.equal(['first', 'stays'])
    })
  })

  describe(`large payloads over ${transport}`, () => {
    it('are refused by a limit, with an error that says what to do', async () => {
      const config = privateConfig(transport)
      const limit = 10_000
      const bus = quietBus([shop], limited(config, limit))
      await using _ = bus
      bus.serve(shop, { stock: () => 0 })
      const error = await busError(bus.shop.order_placed.fire({ order: large }))
      expect(error.code).to.equal('BUS_MESSAGE_TOO_LARGE')
      expect(error.message).to.contain('claim_check')
    })

    it('travel by claim check, and arrive as they were fired', async () => {
      const config = privateConfig(transport)
      const bus = quietBus([shop], {
        ...limited(config, 10_000),
        bus: { ...config.bus, claim_check: { above: '5kb' } },
      })
      await using _ = bus
      bus.serve(shop, { stock: () => 0 })
      const heard: { readonly order: string; readonly headers: object }[] = []
      for (const listenerName of ['one', 'two'])
        bus.shop.order_placed.listen(
          ({ order }, { message }) => void heard.push({ order, headers: message.headers }),
          { listenerName },
        )
      await bus.start()
      await bus.shop.order_placed.fire({ order: large }, { headers: { tenant: 'acme' } })
      await until(() => heard.length === 2, 'both listeners hear it')
      expect(heard).to.deep.equal([
        { order: large, headers: { tenant: 'acme' } },
        { order: large, headers: { tenant: 'acme' } },
      ])
    })

    it('travel by a store of the program’s own, and become a dead letter when it has lost them', async () => {
      const kept = new Map<string, string>()
      const payloads: PayloadStore = {
        put: async (key, payload) => void kept.set(key, payload),
        get: async (key) => kept.get(key),
      }
      const config = privateConfig(transport)
      const { log } = keepingLog()
      await using bus = createBus({
        apis: [shop],
        config: { ...config, bus: { ...config.bus, claim_check: { above: '5kb', ttl: '1h' } } },
        payloads,
        log,
      })
      bus.serve(shop, { stock: () => 0 })
      const heard: string[] = []
      bus.shop.order_placed.listen(({ order }) => void heard.push(order), { listenerName: 'l' })
      await bus.start()
      await bus.shop.order_placed.fire({ order: 'small' })
      await bus.shop.order_placed.fire({ order: large }, { id: 'large' })
      await until(() => heard.length === 2, 'both are heard')
      expect([...kept.keys()]).to.deep.equal(['large'])
      payloads.get = async () => undefined
      await bus.shop.order_placed.fire({ order: large })
      await until(async () => {
        for await (const { reason } of bus.deadLetters.list('l')) return reason.code === 'BUS_PAYLOAD_LOST'
        return false
      }, 'it is a dead letter')
    })
  })
}

/** The configuration with a limit for messages. */
function limited(config: WrittenConfig, bytes: number): WrittenConfig {
  const [[name, options] = ['', {}]] = Object.entries(config.apis?.['default']?.event_transport ?? {})
  const event_transport = { [name]: { ...options, max_message_bytes: bytes } }
  return { ...config, apis: { default: { ...config.apis?.['default'], event_transport } } }
}
