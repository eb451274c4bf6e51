import { accessSync, constants } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import { FaultProxy } from './fault-proxy.ts'
import { OwnRedis } from './own-redis.ts'
import type { Address } from './proxied-connection.ts'

/** Where child processes find the proxy of the process that has started them. */
const proxyVariable = 'LIGHTBUS_KIT_PROXY'

/**
 * What the cases play on: a Redis of our own of the same version as the one at `REDIS_URL`, where its program is found here, else
 * that one itself; in either case behind a proxy.
 */
export interface KitBroker {
  /** The Redis that now holds what the cases see, without the proxy. */
  readonly directUrl: string
  readonly proxiedUrl: string
  readonly proxy: FaultProxy
  readonly own: OwnRedis | undefined
  /** Whether users with permissions of their own are known to it. */
  readonly hasUsers: boolean
  /** Puts a replica in the place of the Redis so far; undefined puts that one back. */
  promote(replica: OwnRedis | undefined): Promise<void>
}

// Not the first one, so that a number that is ignored on some path shows.
const ownDatabase = '/3'

export async function startKitBroker(redisUrl: string): Promise<KitBroker> {
  const { version, executable } = await described(redisUrl)
  const own = await ownOf(version, executable)
  const url = new URL(redisUrl)
  if (own) {
    url.host = `${own.host}:${own.port}`
    url.username = ''
    url.password = ''
    url.pathname = ownDatabase
  }
  const origin: Address = { host: url.hostname, port: Number(url.port || 6379) }
  const proxy = await FaultProxy.to(origin)
  const proxiedUrl = at(url, { host: '127.0.0.1', port: proxy.port })
  process.env[proxyVariable] = proxiedUrl
  let promoted: OwnRedis | undefined
  return {
    get directUrl() {
      return at(url, promoted ?? origin)
    },
    proxiedUrl,
    proxy,
    own,
    hasUsers: Number.parseInt(version) >= 6,
    async promote(replica) {
      if (promoted === replica) return
      const former = promoted
      promoted = replica
      proxy.redirect(replica ?? origin)
      await former?.stop()
    },
  }
}

/** The url of the proxy that the parent of this process has started; undefined in a process that is no child of the kit. */
export function inheritedUrl(): string | undefined {
  return process.env[proxyVariable]
}

function at(url: URL, { host, port }: Address): string {
  const other = new URL(url)
  other.host = `${host}:${port}`
  return other.href
}

/** Of the same version as the server at `REDIS_URL`, so that what is shown is shown of that version. */
async function ownOf(version: string, executable: string): Promise<OwnRedis | undefined> {
  for (const program of [executable, onPath('redis-server')]) {
    if (program === undefined || !/^(redis|valkey).*server/.test(basename(program)) || !isProgram(program))
      continue
    const own = await OwnRedis.start(program)
    const { version: found } = await described(`redis://${own.host}:${own.port}`)
    if (found === version) return own
    await own.stop()
  }
  return undefined
}

async function described(url: string): Promise<{ readonly version: string; readonly executable: string }> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    const info = await redis.info('server')
    const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? ''
    return { version: field('redis_version'), executable: field('executable') }
  } finally {
    redis.disconnect()
  }
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
