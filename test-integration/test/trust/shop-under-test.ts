import { AssertionError } from 'node:assert'
import { defineApi, event, procedure, type Bus, type ListenOptions } from '@lightbus/core'
import { z } from 'zod'

export const shop = defineApi('shop', {
  events: {
    order_placed: event({ sku: z.string(), quantity: z.number(), to: z.object({ city: z.string() }) }),
  },
  procedures: {
    place_order: procedure({ sku: z.string(), quantity: z.number() }, z.string()),
  },
})

export const warehouse = defineApi('my_company.warehouse', {
  events: { restocked: event({ sku: z.string() }) },
  procedures: {
    reserve: procedure({ sku: z.string(), quantity: z.number() }, z.object({ reserved: z.boolean() })),
    count: procedure({ sku: z.string() }, z.number()),
  },
})

export type ShopBus = Bus<[typeof shop, typeof warehouse]>

const place = { to: { city: 'Vienna' } }

/** Registers the shop: it reserves before it tells that an order was placed. */
export function registerShop(bus: ShopBus): void {
  bus.serve(shop, {
    async place_order(order) {
      const { reserved } = await bus.my_company.warehouse.reserve(order)
      if (!reserved) throw Object.assign(new Error('There is none'), { code: 'OUT_OF_STOCK' })
      await bus.shop.order_placed.fire({ ...order, ...place })
      return 'placed'
    },
  })
}

/** A shop that only listens, for the events of the warehouse. */
export function listening(
  handler: (sku: string, attempt: number) => unknown,
  options: Partial<ListenOptions> = {},
) {
  return (bus: ShopBus): void => {
    bus.serve(shop, { place_order: () => 'placed' })
    bus.my_company.warehouse.restocked.listen(({ sku }, { attempt }) => handler(sku, attempt), {
      listenerName: 'refresh',
      ...options,
    })
  }
}

/** What the assertion fails with. */
export function failure(assertion: () => unknown): AssertionError {
  try {
    assertion()
  } catch (error) {
    if (error instanceof AssertionError) return error
    throw error
  }
  throw new Error('It holds, and was not expected to')
}
