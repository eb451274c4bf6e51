import { randomUUID } from 'node:crypto'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Faults, Harness, Inspection, RawPlace, Wishes } from '@lightbus/transport-testkit'
import { Redis } from 'ioredis'
import { transportModule } from '../src/index.ts'
import { splitNativeId } from '../src/stream-ids.ts'

export { transportModule }

const url = process.env['REDIS_URL'] ?? ''
const pageSize = 1_000
// What PTTL says of a key that is not there.
const gone = -2

/** What the kit needs to prove the Redis transport: a server at `REDIS_URL`, and child processes that it may kill. */
export const harness: Harness = {
  namespace: () => `kit-${randomUUID()}:`,
  options,
  patienceMs: 30_000,
  inspect: (namespace) => ask((redis) => inspect(redis, namespace)),
  injectRaw: (namespace, place, raw) => ask((redis) => injectRaw(redis, namespace, place, raw)),
  entry: new URL(import.meta.url),
  faults,
  cleanUp: (namespace) => ask((redis) => deleteKeys(redis, namespace)),
}

function options(kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions {
  // The client passes on what the url asks for: its connections are known by this name.
  const place = { namespace, url: `${url}?connectionName=${encodeURIComponent(namespace)}` }
  if (kind === 'schema') return place
  const message = {
    ...place,
    ...(wishes.maxBytes === undefined ? {} : { max_message_bytes: wishes.maxBytes }),
  }
  if (kind === 'rpc') return message
  if (kind === 'result') return { ...message, ...seconds('result_ttl', wishes.resultTtlMs) }
  return {
    ...message,
    // Small, so that there is more than one page of everything.
    reclaim_batch_size: 25,
    reclaim_interval: 0.2,
    consumption_restart_delay: 0.2,
    ...seconds('acknowledgement_timeout', wishes.leaseMs),
    ...seconds('event_ttl', wishes.eventTtlMs),
    ...seconds('dedup_window', wishes.dedupWindowMs),
    ...length(wishes.maxLength),
    ...(wishes.retention === undefined ? {} : { retention: wishes.retention }),
  }
}

function seconds(name: string, ms: number | undefined): TransportOptions {
  return ms === undefined ? {} : { [name]: ms / 1_000 }
}

function length(events: number | undefined): TransportOptions {
  return events === undefined ? {} : { max_stream_length: events === Infinity ? null : events }
}

async function inspect(redis: Redis, namespace: string): Promise<Inspection> {
  const keys = []
  const groups = []
  for (const name of await keysOf(redis, namespace)) {
    const [type, ttlMs] = await Promise.all([redis.type(name), redis.pttl(name)])
    // Its time was over while we were looking.
    if (ttlMs === gone) continue
    keys.push({ name: name.slice(namespace.length), ttlMs: ttlMs < 0 ? undefined : ttlMs })
    if (type === 'stream') groups.push(...(await groupsOf(redis, name)))
  }
  return { connections: (await connectionsOf(redis, namespace)).length, keys, groups }
}

async function groupsOf(redis: Redis, stream: string): Promise<Inspection['groups']> {
  const groups = rows(await redis.xinfo('GROUPS', stream))
  return Promise.all(
    groups.map(async (group) => {
      const name = String(group.get('name'))
      const consumers = rows(await redis.xinfo('CONSUMERS', stream, name))
      return {
        name,
        pending: Number(group.get('pending')),
        consumers: consumers.map((consumer) => String(consumer.get('name'))),
      }
    }),
  )
}

/** Redis answers with names and values in turn. */
function rows(reply: unknown): Map<unknown, unknown>[] {
  return (reply as readonly (readonly unknown[])[]).map(
    (row) =>
      new Map(row.flatMap((name, index) => (index % 2 === 0 ? [[name, row[index + 1]] as const] : []))),
  )
}

async function injectRaw(redis: Redis, namespace: string, place: RawPlace, raw: string): Promise<void> {
  if (place.kind === 'event') await redis.xadd(`${namespace}${place.apiName}.*:stream`, '*', 'raw', raw)
  else if (place.kind === 'rpc') await redis.rpush(`${namespace}${place.apiName}:rpc_queue`, raw)
  else if (place.kind === 'result') await redis.lpush(place.returnPath.replace('redis+key://', ''), raw)
  else {
    await redis.set(`${namespace}schema:${place.apiName}`, raw, 'EX', 60)
    await redis.sadd(`${namespace}schemas`, place.apiName)
  }
}

/** What can go wrong without harm to others on the same server. */
function faults(namespace: string): Faults {
  return {
    cut: () =>
      ask(async (redis) => {
        for (const id of await connectionsOf(redis, namespace)) await redis.client('KILL', 'ID', id)
      }),
    wipe: () => ask((redis) => deleteKeys(redis, namespace)),
    loseBody: (nativeId) =>
      ask(async (redis) => {
        const { stream, id } = splitNativeId(nativeId)
        await redis.xdel(stream, id)
      }),
  }
}

async function connectionsOf(redis: Redis, namespace: string): Promise<string[]> {
  const lines = String(await redis.client('LIST')).split('\n')
  return lines
    .filter((line) => line.includes(` name=${namespace} `))
    .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '')
}

async function deleteKeys(redis: Redis, namespace: string): Promise<void> {
  const names = await keysOf(redis, namespace)
  while (names.length > 0) await redis.unlink(names.splice(0, pageSize))
}

async function keysOf(redis: Redis, namespace: string): Promise<string[]> {
  const names = new Set<string>()
  for await (const page of redis.scanStream({ match: `${namespace}*`, count: pageSize }))
    for (const name of page as readonly string[]) names.add(name)
  return [...names].sort()
}

/** With a client of its own, which sees what is there after all that was asked before. */
async function ask<T>(act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  try {
    await redis.connect()
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}
