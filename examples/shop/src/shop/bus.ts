import { createBus } from '@lightbus/core'
import { image } from '../image/image.api.ts'
import { price_monitor } from '../price-monitor/price-monitor.api.ts'
import { followCompetitor } from './follow-competitor.ts'
import { listProducts } from './products.ts'
import { shop } from './shop.api.ts'

/** The shop's bus. Its worker starts it and listens; its website only calls through it. */
export const bus = createBus({ serviceName: 'shop', apis: [shop, image, price_monitor] })

bus.serve(shop, {
  list_prices: () => listProducts().map(({ sku, name, price_cents }) => ({ sku, name, price_cents })),
})
bus.price_monitor.competitor_price_changed.listen(
  (seen, { message }) => followCompetitor({ eventId: message.id, ...seen }),
  { listenerName: 'follow_competitor' },
)
