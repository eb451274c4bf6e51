import { defineApi, event, procedure, type HandlerContext, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, privateConfig, quietBus, transports, until } from '../each-transport.ts'

const shop = defineApi('shop', {
  events: { order_placed: event({ order: z.string() }) },
  procedures: { place: procedure({ order: z.string() }, z.string()) },
})
const stock = defineApi('stock', { procedures: { reserve: procedure({ order: z.string() }, z.string()) } })

for (const transport of transports) {
  /** A shop whose procedure does `place`, and a warehouse in another service whose procedure does `reserve`. */
  async function stage(
    parts: {
      readonly place: (
        bus: { reserve: (options?: object) => Promise<unknown> },
        context: HandlerContext,
      ) => unknown
      readonly reserve: (context: HandlerContext) => unknown
    },
    bus: WrittenConfig['bus'] = {},
  ) {
    const shared = privateConfig(transport)
    const config = { ...shared, bus: { ...shared.bus, ...bus } }
    const shopBus = quietBus([shop, stock], config, 'shop')
    const stockBus = quietBus([stock], config, 'stock')
    const caller = quietBus([shop], config, 'caller')
    stockBus.serve(stock, {
      reserve: async (_, context) => String(await parts.reserve(context)),
    })
    shopBus.serve(shop, {
      place: async ({ order }, context) => {
        const reserve = (options = {}) => shopBus.stock.reserve({ order }, options)
        return String(await parts.place({ reserve }, context))
      },
    })
    const stop = async (): Promise<void> => {
      for (const one of [caller, shopBus, stockBus]) await one.stop({ force: true })
    }
    return { shopBus, stockBus, caller, stop, start: () => Promise.all([stockBus.start(), shopBus.start()]) }
  }

  describe(`the context of handlers over ${transport}`, () => {
    it('flows from a handler to what it fires and calls, over several hops', async () => {
      const seen: { readonly by: string; readonly id: string; readonly headers: object }[] = []
      const note = (by: string, { message: { id, headers } }: HandlerContext) =>
        void seen.push({ by, id, headers })
      const { shopBus, caller, start, stop } = await stage(
        {
          place: async (_, context) => {
            note('place', context)
            await shopBus.shop.order_placed.fire({ order: 'a' }, { headers: { own: 'yes' } })
          },
          reserve: (context) => note('reserve', context),
        },
        { carried_headers: ['tenant', 'traceparent'] },
      )
      try {
        shopBus.shop.order_placed.listen(
          async (_, context) => {
            note('listener', context)
            await shopBus.stock.reserve({ order: 'a' })
          },
          { listenerName: 'l' },
        )
        await start()
        const headers = { tenant: 'acme', traceparent: '00-1-2-01', secret: 'stays here' }
        await caller.shop.place({ order: 'a' }, { headers })
        await until(() => seen.length === 3, 'all have been reached')
        const [first, second, third] = seen
        expect(first).to.deep.include({ by: 'place', headers })
        const shared = { tenant: 'acme', traceparent: '00-1-2-01', 'correlation-id': first?.id }
        expect(second).to.deep.include({
          by: 'listener',
          headers: { ...shared, own: 'yes', 'causation-id': first?.id },
        })
        expect(third).to.deep.include({ by: 'reserve', headers: { ...shared, 'causation-id': second?.id } })
      } finally {
        await stop()
      }
    })
  })

  describe(`deadlines over ${transport}`, () => {
    it('what is left of one travels to the calls that a handler makes', async () => {
      const deadlines: number[] = []
      const { caller, start, stop } = await stage({
        place: ({ reserve }, { deadline }) => {
          deadlines.push(Number(deadline))
          return reserve({ timeout: '1h' })
        },
        reserve: ({ deadline }) => void deadlines.push(Number(deadline)),
      })
      try {
        await start()
        await caller.shop.place({ order: 'a' }, { timeout: '4s' })
        const [outer = 0, inner = 0] = deadlines
        expect(outer).to.be.closeTo(Date.now() + 4_000, 1_000)
        expect(inner).to.be.closeTo(outer, 1_000)
      } finally {
        await stop()
      }
    })

    it('abort the handlers of the whole chain, in whichever process they run', async () => {
      const aborted: string[] = []
      const whenAborted = (who: string, signal: AbortSignal): Promise<void> =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => (aborted.push(who), resolve()), { once: true }),
        )
      const { caller, start, stop } = await stage({
        place: async ({ reserve }, { signal }) => {
          await Promise.all([whenAborted('place', signal), reserve().catch(() => undefined)])
        },
        reserve: ({ signal }) => whenAborted('reserve', signal),
      })
      try {
        await start()
        const error = await busError(caller.shop.place({ order: 'a' }, { timeout: '300ms' }))
        expect(error.code).to.equal('BUS_RPC_TIMEOUT')
        await until(() => aborted.length === 2, 'both are aborted')
      } finally {
        await stop()
      }
    })

    it('are not waited for when the caller aborts: the signal of every handler in the chain says so', async () => {
      const giveUp = new AbortController()
      const aborted: string[] = []
      let errorInside: unknown
      const { caller, start, stop } = await stage({
        place: async ({ reserve }, { signal }) => {
          signal.addEventListener('abort', () => aborted.push('place'), { once: true })
          await reserve().catch((error: unknown) => (errorInside = error))
        },
        reserve: ({ signal }) => {
          signal.addEventListener('abort', () => aborted.push('reserve'), { once: true })
          giveUp.abort()
          return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        },
      })
      try {
        await start()
        const error = await busError(
          caller.shop.place({ order: 'a' }, { signal: giveUp.signal, timeout: '1h' }),
        )
        expect(error.code).to.equal('BUS_RPC_ABORTED')
        await until(() => aborted.length === 2 && errorInside !== undefined, 'both are aborted')
        expect(errorInside).to.have.property('code', 'BUS_RPC_ABORTED')
      } finally {
        await stop()
      }
    })

    it('that are over let no further call be made', async () => {
      let reserved = 0
      let errorInside: unknown
      const { caller, start, stop } = await stage({
        place: async ({ reserve }, { signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
          await reserve().catch((error: unknown) => (errorInside = error))
        },
        reserve: () => void (reserved += 1),
      })
      try {
        await start()
        await busError(caller.shop.place({ order: 'a' }, { timeout: '100ms' }))
        await until(() => errorInside !== undefined, 'the call inside is refused')
        expect(errorInside).to.have.property('code').that.is.oneOf(['BUS_RPC_ABORTED', 'BUS_RPC_TIMEOUT'])
        expect(reserved).to.equal(0)
      } finally {
        await stop()
      }
    })
  })
}
