import { defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'

const competitorPrice = {
  sku: z
    .string()
    .describe('The product, by the name that the shop has for it.')
    .meta({ examples: ['teapot'] }),
  competitor: z
    .string()
    .describe('Who sells it, too.')
    .meta({ examples: ['Pots & Pans'] }),
  price_cents: z
    .int()
    .describe('In euro cents.')
    .meta({ examples: [4200] }),
}

/** The price monitor's contract. */
export const price_monitor = defineApi('price_monitor', {
  description: 'What competitors charge. Who sees a price reports it; who cares listens.',
  events: {
    competitor_price_changed: event(
      {
        ...competitorPrice,
        observed_at_ms: z
          .int()
          .describe('When it was reported, in milliseconds since 1970.')
          .meta({ examples: [1735689600000] }),
      },
      { description: 'A competitor has another price than before.' },
    ),
  },
  procedures: {
    report_price: procedure(
      competitorPrice,
      z.boolean().describe('True when the price is news, and so was fired as `competitor_price_changed`.'),
      { description: 'Tells the monitor of a price that was seen.' },
    ),
  },
})
