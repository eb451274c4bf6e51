import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    redis: { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
  },
})
const interrupted = new Promise((resolve) => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
})

const folder = await mkdtemp(join(tmpdir(), 'lightbus-shop-'))
const config = new URL(`../config/${options.redis ? 'redis' : 'memory'}.yaml`, import.meta.url)
process.env['SHOP_DATABASE'] = join(folder, 'shop.db')
process.env['LIGHTBUS_CONFIG'] = fileURLToPath(config)

// What reads the environment is imported now that it is set.
const { startAsProcesses, startInThisProcess } = await import('./services.ts')
const { openWebsite } = await import('./shop/web.ts')
const { closeDatabase } = await import('./shop/database.ts')
const { tellStory } = await import('./story.ts')

const services = await (options.redis ? startAsProcesses() : startInThisProcess())
const website = await openWebsite(Number(options.port))
try {
  const where = options.redis
    ? 'three worker processes over Redis'
    : 'three services in one process, no broker'
  console.log(`The shop is open at ${website.url} (${where}).`)
  await Promise.race([tellStory(website.url), interrupted])
  if (!options.once) {
    console.log(`\nThe shop stays open at ${website.url}: have a look, upload a picture. Ctrl-C closes it.`)
    await interrupted
  }
} finally {
  await website.close()
  await services.stop()
  closeDatabase()
  await rm(folder, { recursive: true, force: true })
}
console.log('\nThe shop is closed.')
