import { inTransaction, sql } from './database.ts'
import { findProduct, type Product } from './products.ts'

export interface SeenPrice {
  readonly eventId: string
  readonly sku: string
  readonly competitor: string
  readonly price_cents: number
  readonly observed_at_ms: number
}

/** One per cent below the competitor, but never below our floor nor above our list price. */
export function ourPrice(product: Product, competitorCents: number): number {
  const undercut = Math.floor(competitorCents * 0.99)
  return Math.min(product.list_price_cents, Math.max(product.floor_cents, undercut))
}

/**
 * Notes what was seen and changes our price. An event may be delivered twice, or late after a crash: the event's id
 * makes the second time do nothing, and an older observation never overrides a newer one.
 */
export function followCompetitor(seen: SeenPrice): void {
  inTransaction(() => {
    const { changes } = sql('INSERT OR IGNORE INTO competitor_prices VALUES (?, ?, ?, ?, ?)').run(
      seen.eventId,
      seen.sku,
      seen.competitor,
      seen.price_cents,
      seen.observed_at_ms,
    )
    const product = findProduct(seen.sku)
    if (changes === 0 || !product || seen.observed_at_ms < product.followed_at_ms) return
    const price = ourPrice(product, seen.price_cents)
    const previous = price === product.price_cents ? product.previous_price_cents : product.price_cents
    sql(
      'UPDATE products SET price_cents = ?, previous_price_cents = ?, followed_at_ms = ? WHERE sku = ?',
    ).run(price, previous, seen.observed_at_ms, seen.sku)
  })
}
