import { defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'

const competitorPrice = { sku: z.string(), competitor: z.string(), price_cents: z.int() }

/** The price monitor's contract: who sees a competitor's price reports it, whoever cares listens. */
export const price_monitor = defineApi('price_monitor', {
  events: {
    competitor_price_changed: event({ ...competitorPrice, observed_at_ms: z.int() }),
  },
  procedures: {
    /** True when the price is news, and so was fired as an event. */
    report_price: procedure(competitorPrice, z.boolean()),
  },
})
