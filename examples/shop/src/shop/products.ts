import { z } from 'zod'
import { sql } from './database.ts'

const product = z.object({
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  price_cents: z.int(),
  previous_price_cents: z.int().nullable(),
  floor_cents: z.int(),
  list_price_cents: z.int(),
  followed_at_ms: z.int(),
})
export type Product = Readonly<z.infer<typeof product>>

const size = z.object({ width: z.int(), height: z.int() })
export type PictureSize = Readonly<z.infer<typeof size>>

const competitorPrice = z.object({ competitor: z.string(), price_cents: z.int() })
export type CompetitorPrice = Readonly<z.infer<typeof competitorPrice>>

export function listProducts(): Product[] {
  return z.array(product).parse(sql('SELECT * FROM products ORDER BY price_cents DESC').all())
}

export function findProduct(sku: string): Product | undefined {
  return product.optional().parse(sql('SELECT * FROM products WHERE sku = ?').get(sku))
}

export function pictureSizes(sku: string): PictureSize[] {
  return z
    .array(size)
    .parse(sql('SELECT width, height FROM thumbnails WHERE sku = ? ORDER BY width').all(sku))
}

export function findPicture(sku: string, width: number): Uint8Array<ArrayBuffer> | undefined {
  const row = sql('SELECT jpeg FROM thumbnails WHERE sku = ? AND width = ?').get(sku, width)
  const jpeg = z
    .object({ jpeg: z.instanceof(Uint8Array) })
    .optional()
    .parse(row)?.jpeg
  return jpeg && new Uint8Array(jpeg)
}

export function savePicture(sku: string, size: PictureSize, jpeg: Buffer): void {
  sql('INSERT OR REPLACE INTO thumbnails (sku, width, height, jpeg) VALUES (?, ?, ?, ?)').run(
    sku,
    size.width,
    size.height,
    jpeg,
  )
}

/** What competitors were seen to ask for a product, the newest first. */
export function competitorPrices(sku: string): CompetitorPrice[] {
  const newestFirst = 'SELECT * FROM competitor_prices WHERE sku = ? ORDER BY observed_at_ms DESC, rowid DESC'
  return z.array(competitorPrice).parse(sql(newestFirst).all(sku))
}
