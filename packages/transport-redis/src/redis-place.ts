import { Cluster, Redis } from 'ioredis'
import type { WaitingClient } from './blocking-reader.ts'
import type { PlaceOptions } from './place-options.ts'
import { clusterClient, clusterReader } from './redis-cluster.ts'
import { blockingClient, blockingOptions, commandClient, serverOptions } from './redis-client.ts'
import { publicAddress, redisRefused } from './redis-errors.ts'

const sentinelAnswerMs = 800

/** One way to reach Redis: a server, the primary that sentinels know, a Cluster, or a client that somebody else has made. */
export interface RedisPlace {
  /** What two places have in common that are the same one. */
  readonly id: unknown
  /** Where it leads, for people. */
  readonly address: string
  /** Whether the client for commands is ours to connect and to close. */
  readonly isOwn: boolean
  /** Whether keys have to be in one slot to be waited for together. */
  readonly hasSlots: boolean
  /** The client for commands, not connected yet. Throws `BUS_REDIS_REFUSED` when the options contradict each other. */
  commands(): Redis
  /** A client, not connected yet, that may wait for this key. */
  waiting(key: string, commands: Redis): Promise<WaitingClient>
}

/** The place that the options describe. Opens nothing. */
export function placeOf(options: PlaceOptions): RedisPlace {
  const { client, cluster, sentinels, sentinelName } = options
  if (client) return placeOfClient(client, options)
  const id = identityOf(options)
  if (cluster) return placeOfCluster(options, id)
  const ways = sentinels ? primaryOptions(options) : undefined
  const address = sentinels
    ? `redis+sentinel://${hosts(sentinels)}/${sentinelName}`
    : publicAddress(options.url)
  const server = (): ReturnType<typeof serverOptions> => ({ ...readUrl(options, address), ...ways })
  return {
    id,
    address,
    isOwn: true,
    hasSlots: false,
    commands: () => commandClient(server()),
    waiting: (_key, commands) =>
      Promise.resolve({
        client: blockingClient(
          new Redis({ ...blockingOptions(), ...server(), enableReadyCheck: sentinels !== undefined }),
        ),
        waker: commands,
      }),
  }
}

function placeOfCluster(options: PlaceOptions, id: string): RedisPlace {
  const nodes = options.cluster ?? []
  const address = `redis+cluster://${hosts(nodes)}`
  const server = (): ReturnType<typeof serverOptions> => readUrl(options, address)
  return {
    id,
    address,
    isOwn: true,
    hasSlots: true,
    commands() {
      if (options.keyNames === 'lightbus')
        throw redisRefused({
          address,
          why: 'a Cluster needs keys that say where they belong: key_names: tagged',
        })
      if (server().db !== 0) throw redisRefused({ address, why: 'a Cluster has no database but 0' })
      // It has the commands of a single client; what differs, only this module and redis-cluster.ts know.
      return clusterClient(nodes, server()) as unknown as Redis
    },
    waiting: (key, commands) => clusterReader(key, commands, server()),
  }
}

function placeOfClient(client: Redis | Cluster, options: PlaceOptions): RedisPlace {
  const hasSlots = client instanceof Cluster
  const address = hasSlots ? 'redis+cluster://the given client' : addressOfClient(client)
  return {
    id: client,
    address,
    isOwn: false,
    hasSlots,
    commands() {
      if (typeof client.duplicate !== 'function')
        throw redisRefused({ address, why: 'the option client is no client of ioredis' })
      if (client.options.keyPrefix)
        throw redisRefused({
          address,
          why: 'the given client has a keyPrefix; use the option namespace instead',
        })
      if (hasSlots && options.keyNames === 'lightbus')
        throw redisRefused({
          address,
          why: 'a Cluster needs keys that say where they belong: key_names: tagged',
        })
      return client as Redis
    },
    waiting: (key, commands) =>
      client instanceof Cluster
        ? clusterReader(key, commands, client.options.redisOptions ?? {})
        : Promise.resolve({ client: blockingClient(client.duplicate(blockingOptions())), waker: commands }),
  }
}

function primaryOptions(options: PlaceOptions): object {
  const { sentinels, sentinelName, sentinelUsername, sentinelPassword } = options
  return {
    sentinels: [...(sentinels ?? [])],
    name: sentinelName,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    // One that says nothing is not waited for: the next one may know.
    sentinelCommandTimeout: sentinelAnswerMs,
    // The server that we reach has been demoted: ask the sentinels again, and do nothing twice.
    reconnectOnError: (error: Error) => /(^|: -)READONLY\b/.test(error.message),
  }
}

function readUrl(options: PlaceOptions, address: string): ReturnType<typeof serverOptions> {
  if (!/^(rediss?|unix):\/\//.test(options.url) || !URL.canParse(options.url))
    throw redisRefused({
      address,
      why: 'the url does not begin with redis://, rediss:// or unix://, or cannot be read',
    })
  return serverOptions(options)
}

// The options of a transport are more than those of its place.
function identityOf(options: PlaceOptions): string {
  const { url, password, database, tls, sentinels, sentinelName, sentinelUsername, sentinelPassword } =
    options
  const { cluster, keyNames } = options
  const sentinel = sentinels && [sentinels, sentinelName, sentinelUsername, sentinelPassword]
  return JSON.stringify([url, password, database, tls, sentinel, cluster && [cluster, keyNames]])
}

function hosts(servers: readonly { readonly host: string; readonly port: number }[]): string {
  return servers.map(({ host, port }) => `${host}:${port}`).join(',')
}

function addressOfClient(client: Redis): string {
  // Whatever was passed in instead of a client has no options.
  const { host, port, path, db } = (client as Partial<Redis>).options ?? {}
  return path === undefined ? `redis://${host}:${port}/${db}` : `unix://${path}?db=${db}`
}
