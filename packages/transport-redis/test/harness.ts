import { randomUUID } from 'node:crypto'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Harness, Wishes } from '@lightbus/transport-testkit'
import { Redis } from 'ioredis'
import { transportModule } from '../src/index.ts'
import { KeyNames } from '../src/key-names.ts'
import { inheritedUrl, startKitBroker, type KitBroker } from './kit/kit-broker.ts'
import { connectionName, kitOptions } from './kit/kit-options.ts'
import { optionProofs } from './kit/option-proofs.ts'
import { redisFaults } from './kit/redis-faults.ts'
import { ask, deleteKeys, injectRaw, inspect } from './kit/redis-keys.ts'

export { transportModule }

const redisUrl = process.env['REDIS_URL']
// A child process has no broker of its own, and asks nothing of it but its place.
const broker = inheritedUrl() === undefined && redisUrl ? await startKitBroker(redisUrl) : undefined

/** What the kit needs to prove the Redis transport: a server like the one at `REDIS_URL`, and child processes that it may kill. */
export const harness: Harness = {
  namespace: () => `kit-${randomUUID()}:`,
  options,
  patienceMs: 60_000,
  inspect: (namespace) => ask(present().directUrl, (redis) => inspect(redis, namespace)),
  injectRaw: (namespace, place, raw) =>
    ask(present().directUrl, (redis) => injectRaw(redis, new KeyNames(namespace, 'lightbus'), place, raw)),
  entry: new URL(import.meta.url),
  ...(broker
    ? { faults: (namespace) => redisFaults(broker, namespace, (kind) => options(kind, namespace, {})) }
    : {}),
  async ownClient(namespace) {
    const client = new Redis(present().proxiedUrl, { connectionName: namespace })
    client.on('error', () => undefined)
    return {
      // Nobody is where the url leads.
      options: (kind) => ({ ...options(kind, namespace, {}), url: 'redis://127.0.0.1:1/0', client }),
      isUsable: () => client.ping().then((answer) => answer === 'PONG'),
      close: async () => void (await client.quit()),
    }
  },
  optionProofs: optionProofs(() => present().directUrl),
  async cleanUp(namespace) {
    // Whatever a case that has failed did not take back.
    await present().proxy.restore()
    await present().promote(undefined)
    await ask(present().directUrl, (redis) => deleteKeys(redis, namespace))
  },
}

function options(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions {
  const base = broker?.proxiedUrl ?? inheritedUrl() ?? ''
  return { ...kitOptions(kind, namespace, wishes), url: `${base}${connectionName(namespace)}` }
}

function present(): KitBroker {
  if (!broker) throw new Error('REDIS_URL is missing: the kit needs a Redis server.')
  return broker
}
