import { defineApi, procedure } from '@lightbus/core'
import { z } from 'zod'

const product = z.object({
  sku: z
    .string()
    .describe('What the product is known by everywhere.')
    .meta({ examples: ['teapot'] }),
  name: z.string().meta({ examples: ['Blue teapot'] }),
  price_cents: z
    .int()
    .describe('The price of today, in euro cents.')
    .meta({ examples: [4900] }),
})

/** The shop's own contract. */
export const shop = defineApi('shop', {
  description: 'What the shop sells, and for how much.',
  procedures: {
    list_prices: procedure({}, z.array(product), {
      description: 'All that is for sale now, with the price of today.',
    }),
  },
})
