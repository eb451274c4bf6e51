import { createBus } from '@lightbus/core'
import { price_monitor } from './price-monitor.api.ts'

export const bus = createBus({ serviceName: 'price_monitor', apis: [price_monitor] })

const lastPrices = new Map<string, number>()

bus.serve(price_monitor, {
  report_price: async ({ sku, competitor, price_cents }) => {
    const key = JSON.stringify([competitor, sku])
    if (lastPrices.get(key) === price_cents) return false
    await bus.price_monitor.competitor_price_changed.fire({
      sku,
      competitor,
      price_cents,
      observed_at_ms: Date.now(),
    })
    lastPrices.set(key, price_cents)
    return true
  },
})
