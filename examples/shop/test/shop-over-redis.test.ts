import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBusError } from '@lightbus/core'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { startProcess, type ServiceProcess } from '../src/processes.ts'
import { until } from '../src/until.ts'

describe('the shop as separate processes over Redis', function () {
  this.timeout(90_000)

  const namespace = `shop-test-${randomUUID()}:`
  let folder: string
  let shop: Awaited<ReturnType<typeof importShop>>
  let workers: ServiceProcess[] = []

  before(async () => {
    if (!process.env['REDIS_URL'])
      throw new Error('REDIS_URL is not set: these tests need a Redis to run over')
    folder = await mkdtemp(join(tmpdir(), 'lightbus-shop-test-'))
    process.env['SHOP_NAMESPACE'] = namespace
    process.env['SHOP_DATABASE'] = join(folder, 'shop.db')
    process.env['LIGHTBUS_CONFIG'] = fileURLToPath(new URL('../config/redis.yaml', import.meta.url))
    shop = await importShop()
  })

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    workers = []
  })

  after(async () => {
    if (!folder) return
    await shop.bus.stop()
    shop.closeDatabase()
    for (const name of ['SHOP_NAMESPACE', 'SHOP_DATABASE', 'LIGHTBUS_CONFIG']) delete process.env[name]
    await rm(folder, { recursive: true, force: true })
    await deleteKeys(namespace)
  })

  it('loses no price change when its worker is killed and started again', async () => {
    let worker = start('shop')
    start('price-monitor')
    await served('the shop', () => shop.bus.shop.list_prices({}, { timeout: '1s' }))
    const report = (price_cents: number) =>
      shop.bus.price_monitor.report_price({ sku: 'teapot', competitor: 'Pots & Co', price_cents })
    await served('the price monitor', () => report(4_800))

    const prices = Array.from({ length: 40 }, (_, n) => 4_700 - n * 10)
    for (const [n, price] of prices.entries()) {
      if (n === 15) await worker.kill()
      await report(price)
    }
    worker = start('shop')

    const seen = await until('every price change', () => {
      const all = new Set(shop.competitorPrices('teapot').map((it) => it.price_cents))
      return prices.every((price) => all.has(price)) ? all : undefined
    })
    expect(seen.size).to.equal(prices.length + 1)
    expect(shop.findProduct('teapot')?.price_cents).to.equal(Math.floor(4_310 * 0.99))
  })

  it('says that the image service is down, and works again when it is back', async () => {
    const picture = await readFile(new URL('../pictures/teapot.jpg', import.meta.url))
    const makeThumbnails = () =>
      shop.bus.image.make_thumbnails({ picture_base64: picture.toString('base64') }, { timeout: '2s' })

    expectNotThere(await rejection(makeThumbnails()))
    const image = start('image')
    expect(await served('the image service', makeThumbnails)).to.have.length(3)
    await image.stop()
    expectNotThere(await rejection(makeThumbnails()))
    start('image')
    expect(await served('the image service again', makeThumbnails)).to.have.length(3)
  })

  function start(...service: Parameters<typeof startProcess>): ServiceProcess {
    const worker = startProcess(...service)
    workers.push(worker)
    return worker
  }
})

/** The shop's modules read the environment when they are imported. */
async function importShop() {
  const { bus } = await import('../src/shop/bus.ts')
  const { closeDatabase } = await import('../src/shop/database.ts')
  const { competitorPrices, findProduct } = await import('../src/shop/products.ts')
  return { bus, closeDatabase, competitorPrices, findProduct }
}

function isNotThere(error: unknown): boolean {
  return isBusError(error, 'BUS_RPC_NOT_SERVED') || isBusError(error, 'BUS_RPC_TIMEOUT')
}

async function served<T>(what: string, call: () => Promise<T>): Promise<T> {
  const answer = await until(what, () =>
    call().then(
      (value) => ({ value }),
      (error: unknown) => {
        if (isNotThere(error)) return undefined
        throw error
      },
    ),
  )
  return answer.value
}

async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('the call was answered'),
    (error: unknown) => error,
  )
}

function expectNotThere(error: unknown): void {
  expect(isNotThere(error), String(error)).to.equal(true)
  expect(String(error))
    .to.contain('image')
    .and.to.match(/No running worker serves|No worker was seen that serves/)
}

async function deleteKeys(namespace: string): Promise<void> {
  const redis = new Redis(process.env['REDIS_URL'] ?? '')
  for await (const keys of redis.scanStream({ match: `*${namespace}*` })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.del(...keys.map(String))
  }
  await redis.quit()
}
