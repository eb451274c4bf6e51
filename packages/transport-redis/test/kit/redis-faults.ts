import { randomUUID } from 'node:crypto'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Faults, Refusal } from '@lightbus/transport-testkit'
import { splitNativeId } from '../../src/stream-ids.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { freePort } from './free-port.ts'
import type { KitBroker } from './kit-broker.ts'
import type { OwnRedis } from './own-redis.ts'
import { ask, deleteKeys } from './redis-keys.ts'

// The last one without streams.
const tooOld = '4.0.14'

/** Options of a kind within the namespace, to be changed by a refusal. */
export type PlainOptions = (kind: TransportKind) => TransportOptions

/** What can go wrong with Redis, and on the way to it. */
export function redisFaults(broker: KitBroker, namespace: string, options: PlainOptions): Faults {
  const { proxy, own } = broker
  return {
    ...faultsOnTheWay(proxy),
    refuseOpening: (why) => refuseOpening(broker, why, options),
    wipe: () => ask(broker.directUrl, (redis) => deleteKeys(redis, namespace)),
    loseBody: (nativeId) =>
      ask(broker.directUrl, async (redis) => {
        const { stream, id } = splitNativeId(nativeId)
        await redis.xdel(stream, id)
      }),
    ...(own ? faultsOf(broker, own) : {}),
  }
}

/** What can go wrong on the way to Redis, whatever it leads to. */
export function faultsOnTheWay(proxy: FaultProxy): Faults {
  return {
    cut: async () => proxy.cut(),
    refuse: () => proxy.refuse(),
    silence: async (direction) => proxy.silence(direction),
    dropAfterWrite: async () => proxy.dropAfterWrite(),
    fail: (error) => proxy.fail(error),
    lack: async () => proxy.pretend(tooOld),
  }
}

function faultsOf(broker: KitBroker, own: OwnRedis): Faults {
  return {
    restart: () => own.restart(),
    async failOver() {
      const replica = await own.staleReplica()
      return () => broker.promote(replica)
    },
  }
}

async function refuseOpening(
  broker: KitBroker,
  why: 'credentials' | 'host' | 'permission',
  options: PlainOptions,
): Promise<Refusal> {
  if (why === 'host') {
    const url = new URL(broker.proxiedUrl)
    url.port = String(await freePort())
    return { options: at(url, options), undo: async () => undefined }
  }
  const secret = randomUUID()
  const url = new URL(broker.proxiedUrl)
  url.password = secret
  // A server without users has no password here, and lets everybody in: the proxy answers for it.
  if (!broker.hasUsers) {
    const undo = await broker.proxy.fail(why === 'credentials' ? 'password' : 'permission')
    return why === 'credentials' ? { options: at(url, options), secret, undo } : { undo }
  }
  url.username = `kit-${randomUUID()}`
  if (why === 'credentials') return { options: at(url, options), secret, undo: async () => undefined }
  const { username } = url
  const mayConnect = ['on', `>${secret}`, '~*', '-@all', '+@connection']
  await ask(broker.directUrl, (redis) => redis.call('ACL', 'SETUSER', username, ...mayConnect))
  const undo = (): Promise<unknown> =>
    ask(broker.directUrl, (redis) => redis.call('ACL', 'DELUSER', username))
  return { options: at(url, options), secret, undo: async () => void (await undo()) }
}

/** The same options, elsewhere or as somebody else. */
function at({ port, username, password }: URL, options: PlainOptions): PlainOptions {
  return (kind) => {
    const given = options(kind)
    const url = new URL(String(given['url']))
    url.port = port
    url.username = username
    url.password = password
    return { ...given, url: url.href }
  }
}
