import type { Inspection, RawPlace } from '@lightbus/transport-testkit'
import { Redis, type Cluster } from 'ioredis'
import type { KeyNames } from '../../src/key-names.ts'

const pageSize = 1_000
// What PTTL says of a key that is not there.
const gone = -2

/** Asks with a client of its own, which sees what is there after all that was asked before. */
export async function ask<T>(url: string, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  // Whoever asks is told by the rejection.
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}

/** What Redis holds for a namespace. */
export async function inspect(redis: Redis, namespace: string): Promise<Inspection> {
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

/** Writes what may be no message of ours. */
export async function injectRaw(
  redis: Redis | Cluster,
  names: KeyNames,
  place: RawPlace,
  raw: string,
): Promise<void> {
  if (place.kind === 'event') await redis.xadd(names.stream(place, 'per_api'), '*', 'raw', raw)
  else if (place.kind === 'rpc') await redis.rpush(names.rpcQueue(place.apiName), raw)
  else if (place.kind === 'result') await redis.lpush(place.returnPath.replace('redis+key://', ''), raw)
  else {
    await redis.set(names.schema(place.apiName), raw, 'EX', 60)
    await redis.sadd(names.schemas(), place.apiName)
  }
}

/** The ids of the connections with that name. */
export async function connectionsOf(redis: Redis, name: string): Promise<string[]> {
  const lines = String(await redis.client('LIST')).split('\n')
  return lines
    .filter((line) => line.includes(` name=${name} `))
    .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '')
}

export async function deleteKeys(redis: Redis, namespace: string): Promise<void> {
  const names = await keysOf(redis, namespace)
  // One by one: in a Cluster they are in different slots.
  while (names.length > 0) await Promise.all(names.splice(0, pageSize).map((name) => redis.unlink(name)))
}

/** The names of all keys that start like this. */
export async function keysOf(redis: Redis, namespace: string): Promise<string[]> {
  const names = new Set<string>()
  for await (const page of redis.scanStream({ match: `${namespace}*`, count: pageSize }))
    for (const name of page as readonly string[]) names.add(name)
  return [...names].sort()
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
