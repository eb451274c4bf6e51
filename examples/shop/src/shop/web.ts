import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { isBusError } from '@lightbus/core'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { bus } from './bus.ts'
import { inTransaction } from './database.ts'
import { problemPage, productListPage, productPage } from './pages.ts'
import {
  competitorPrices,
  findPicture,
  findProduct,
  listProducts,
  pictureSizes,
  savePicture,
} from './products.ts'

const site = new Hono()

site.get('/', (c) =>
  c.html(productListPage(listProducts().map((product) => ({ product, sizes: pictureSizes(product.sku) })))),
)

site.get('/products/:sku', (c) => {
  const product = findProduct(c.req.param('sku'))
  if (!product) return c.notFound()
  return c.html(productPage(product, pictureSizes(product.sku), competitorPrices(product.sku)))
})

site.get('/products/:sku/pictures/:width', (c) => {
  const jpeg = findPicture(c.req.param('sku'), Number(c.req.param('width')))
  return jpeg ? c.body(jpeg, 200, { 'content-type': 'image/jpeg' }) : c.notFound()
})

site.post('/products/:sku/picture', bodyLimit({ maxSize: 2_000_000 }), async (c) => {
  const product = findProduct(c.req.param('sku'))
  const { picture } = await c.req.parseBody()
  if (!product) return c.notFound()
  if (!(picture instanceof File)) return c.html(problemPage('Choose a picture first.'), 400)

  const picture_base64 = Buffer.from(await picture.arrayBuffer()).toString('base64')
  const thumbnails = await bus.image.make_thumbnails({ picture_base64 }, { timeout: '10s' })
  inTransaction(() => {
    for (const { jpeg_base64, ...size } of thumbnails) {
      savePicture(product.sku, size, Buffer.from(jpeg_base64, 'base64'))
    }
  })
  return c.redirect(`/products/${product.sku}`, 303)
})

site.post('/products/:sku/competitor-price', async (c) => {
  const product = findProduct(c.req.param('sku'))
  const { competitor, price } = await c.req.parseBody()
  const price_cents = Math.round(Number(price) * 100)
  if (!product) return c.notFound()
  if (typeof competitor !== 'string' || !(price_cents > 0)) {
    return c.html(problemPage('Say who sells it, and for how much.'), 400)
  }
  await bus.price_monitor.report_price({ sku: product.sku, competitor, price_cents })
  return c.redirect('/', 303)
})

site.onError((error, c) => {
  if (isBusError(error, 'BUS_RPC_REMOTE_FAILURE')) return c.html(problemPage(error.message), 422)
  if (isBusError(error)) return c.html(problemPage(error.message), 503)
  console.error(error)
  return c.html(problemPage('Something went wrong on our side.'), 500)
})

export interface Website {
  readonly url: string
  close(): Promise<void>
}

/** Opens the shop's website on this machine; port 0 takes a free one. */
export async function openWebsite(port: number): Promise<Website> {
  const server = createAdaptorServer({ fetch: site.fetch })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((closed, failed) => {
        server.close((error) => (error ? failed(error) : closed()))
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
