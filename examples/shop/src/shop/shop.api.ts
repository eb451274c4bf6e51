import { defineApi, procedure } from '@lightbus/core'
import { z } from 'zod'

/** The shop's own contract: what it sells, and for how much. */
export const shop = defineApi('shop', {
  procedures: {
    list_prices: procedure(
      {},
      z.array(z.object({ sku: z.string(), name: z.string(), price_cents: z.int() })),
    ),
  },
})
