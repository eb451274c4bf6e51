import { createBus, defineApi, event, procedure, type GivenPlugin, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { keepingLog, privateConfig, transports, until } from '../each-transport.ts'

const orders = defineApi('orders', {
  events: { placed: event({ n: z.int() }), billed: event({ n: z.int() }) },
  procedures: { place: procedure({ n: z.int() }, z.string()) },
})

type Heard = Readonly<Record<string, string>>

/** A service whose procedure fires an event, whose handler fires another: what each of the three has seen of headers. */
function chain(config: WrittenConfig, plugins: readonly GivenPlugin[] = []) {
  const { log } = keepingLog()
  const bus = createBus({ apis: [orders], config, plugins, log, serviceName: 'orders' })
  const seen: { place?: Heard; placed?: Heard; billed?: Heard } = {}
  bus.serve(orders, {
    place: async ({ n }, { message }) => {
      seen.place = message.headers
      await bus.orders.placed.fire({ n })
      return message.headers['tenant'] ?? 'none'
    },
  })
  bus.orders.placed.listen(
    async ({ n }, { message }) => {
      seen.placed = message.headers
      await bus.orders.billed.fire({ n })
    },
    { listenerName: 'bill' },
  )
  bus.orders.billed.listen((_, { message }) => void (seen.billed = message.headers), { listenerName: 'note' })
  const all = () => until(() => seen.billed !== undefined, 'the last event of the chain')
  return Object.assign(bus, { seen, all })
}

for (const transport of transports) {
  describe(`headers over ${transport}`, () => {
    it('are set when firing and calling, and read in handlers', async () => {
      await using bus = chain(privateConfig(transport))
      await bus.start()
      expect(await bus.orders.place({ n: 1 }, { headers: { tenant: 'acme' } })).to.equal('acme')
      await bus.all()
      // Not a carried one, so it ends here.
      expect(bus.seen.placed).to.not.have.property('tenant')
      await bus.orders.placed.fire({ n: 1 }, { headers: { tenant: 'globex' } })
      await until(() => bus.seen.placed?.['tenant'] === 'globex', 'the event')
    })

    it('are carried from message to message where the configuration names them', async () => {
      const config = privateConfig(transport)
      await using bus = chain({ ...config, bus: { ...config.bus, carried_headers: ['tenant'] } })
      await bus.start()
      await bus.orders.place({ n: 1 }, { headers: { tenant: 'acme', other: 'x' } })
      await bus.all()
      expect(bus.seen.billed).to.include({ tenant: 'acme' })
      expect(bus.seen.placed).to.include({ tenant: 'acme' })
      expect(bus.seen.placed).to.not.have.property('other')
    })

    it('are carried where a plugin names them, also those that it sets itself', async () => {
      let received = 0
      await using bus = chain(privateConfig(transport), [
        {
          name: 'tenants',
          carries: ['tenant', 'received'],
          callRpc: (message, next) => next({ ...message, headers: { ...message.headers, tenant: 'acme' } }),
          serveRpc: (message, next) =>
            next({ ...message, headers: { ...message.headers, received: String(++received) } }),
        },
      ])
      await bus.start()
      expect(await bus.orders.place({ n: 1 })).to.equal('acme')
      await bus.all()
      for (const seen of [bus.seen.place, bus.seen.placed, bus.seen.billed])
        expect(seen).to.include({ tenant: 'acme', received: '1' })
    })

    it('go along with all that is fired and called inside of bus.carrying', async () => {
      await using bus = chain(privateConfig(transport), [{ name: 'tenants', carries: ['tenant'] }])
      await bus.start()
      const [one, two, none] = await Promise.all([
        bus.carrying({ tenant: 'one' }, () => bus.orders.place({ n: 1 })),
        bus.carrying({ tenant: 'two' }, async () => {
          await new Promise((resolve) => setImmediate(resolve))
          return bus.carrying({ other: 'x' }, () => bus.orders.place({ n: 2 }))
        }),
        bus.orders.place({ n: 3 }),
      ])
      expect([one, two, none]).to.deep.equal(['one', 'two', 'none'])
      await bus.carrying({ tenant: 'three' }, () => bus.orders.placed.fire({ n: 4 }))
      await until(() => bus.seen.billed?.['tenant'] === 'three', 'the last event of the chain')
    })

    it('of the surroundings go along with what plugins fire', async () => {
      const audit = defineApi('audit', { events: { noted: event({ what: z.string() }) } })
      const seen: Heard[] = []
      await using bus = chain(privateConfig(transport), [
        [
          {
            name: 'audit',
            optionsSchema: { type: 'object', properties: {}, additionalProperties: false },
            create: (_, { fire }) => ({
              name: 'audit',
              apis: [audit],
              fireEvent: async (message, next) => {
                await next(message)
                await fire('audit.noted', { what: message.eventName })
              },
            }),
          },
        ],
      ])
      bus.listen(['audit.noted'], (_: object, { message }) => seen.push(message.headers), {
        listenerName: 'a',
      })
      await bus.start()
      await bus.carrying({ tenant: 'acme' }, () => bus.orders.placed.fire({ n: 1 }))
      await until(() => seen.length > 0, 'what the plugin tells')
      expect(seen[0]).to.deep.equal({ tenant: 'acme' })
    })
  })
}
