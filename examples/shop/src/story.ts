import { isBusError } from '@lightbus/core'
import { bus } from './shop/bus.ts'
import { money } from './shop/pages.ts'
import { until } from './until.ts'
import { reportPrice, uploadPicture } from './visitor.ts'

const skus = ['teapot', 'kettle', 'mug', 'grinder']
const reports = [
  { sku: 'teapot', cents: 4200 },
  { sku: 'kettle', cents: 7990 },
  { sku: 'mug', cents: 500 },
]
const competitor = 'Pots & Co'

/** Walks through the shop once, as its visitors and its neighbours do, and tells what happens. */
export async function tellStory(shopUrl: string): Promise<void> {
  const before = await until("the shop's worker", currentPrices)

  console.log('\nThe shopkeeper uploads a picture of each product. The image service resizes them:')
  for (const sku of skus) {
    const sizes = await uploadPicture(shopUrl, sku, new URL(`../pictures/${sku}.jpg`, import.meta.url))
    console.log(`  ${sku}.jpg → ${sizes.join(', ')}`)
  }

  console.log('\nA neighbour lowers its prices. The price monitor hears of it and fires an event for each:')
  for (const { sku, cents } of reports) {
    await reportPrice(shopUrl, sku, competitor, cents)
    console.log(`  ${competitor} asks ${money(cents)} for the ${sku}`)
  }

  const after = await until("the shop's prices to follow", async () => {
    const prices = await currentPrices()
    const haveFollowed = reports.every(({ sku }) => prices?.get(sku) !== before.get(sku))
    return haveFollowed ? prices : undefined
  })
  console.log("\nThe shop's worker hears the events and follows, one per cent below, never below its floor:")
  for (const sku of skus) {
    const [then, now] = [money(before.get(sku) ?? 0), money(after.get(sku) ?? 0)]
    console.log(`  ${sku.padEnd(8)} ${then} → ${now}${then === now ? ' (unchanged)' : ''}`)
  }
}

/** What the shop asks at present, or undefined while its worker is not there to say. */
async function currentPrices(): Promise<Map<string, number> | undefined> {
  try {
    const prices = await bus.shop.list_prices({}, { timeout: '2s' })
    return new Map(prices.map(({ sku, price_cents }) => [sku, price_cents]))
  } catch (error) {
    if (isBusError(error, 'BUS_RPC_NOT_SERVED') || isBusError(error, 'BUS_RPC_TIMEOUT')) return undefined
    throw error
  }
}
