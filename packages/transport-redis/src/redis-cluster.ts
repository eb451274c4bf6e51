import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '@lightbus/core/transport'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { WaitingClient } from './blocking-reader.ts'
import { slotTag } from './per-slot.ts'
import type { ServerAddress } from './place-options.ts'
import { oneWriteATurn } from './one-write.ts'
import { blockingClient, blockingOptions, commandOptions } from './redis-client.ts'

const acquaintanceMs = 1_000
const refreshMs = 1_000

// By tag: they are the same everywhere, and APIs are few.
const slots = new Map<string, number>()

type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** The client for commands to a Cluster. Once connected it reconnects for ever. */
export function clusterClient(nodes: readonly ServerAddress[], server: ClientOptions): Cluster {
  let isConnected = false
  const client = new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshTimeout: refreshMs,
    // What was under way when a node was lost may have been done.
    retryDelayOnFailover: 0,
    clusterRetryStrategy: (times) => (isConnected ? backoffMs(times, { baseMs: 50, maxMs: 2_000 }) : null),
    redisOptions: { ...commandOptions, ...identity(server) },
  })
  client.once('ready', () => (isConnected = true))
  client.on('+node', oneWriteATurn)
  keepAcquainted(client)
  return client
}

/**
 * Looks every second which node has what: a new one may be seen by nobody else. The client's own interval would go on for
 * ever when the client is closed at the moment of a look.
 */
function keepAcquainted(client: Cluster): void {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearInterval(timer)
  client.on('disconnecting', stop).on('close', stop)
  client.on('ready', () => {
    stop()
    timer = setInterval(() => client.refreshSlotsCache(), refreshMs)
  })
}

/** A client that may wait at the node that has the key's slot now, with another one of the same node to end its waiting. */
export async function clusterReader(
  key: string,
  commands: Redis,
  server: ClientOptions,
): Promise<WaitingClient> {
  const owner = await ownerOf(key, commands)
  const client = blockingClient(new Redis({ ...blockingOptions(), ...identity(server), ...owner }))
  const waker = primariesOf(commands).find(
    ({ options }) => options.host === owner.host && options.port === owner.port,
  )
  return { client, waker: waker ?? commands }
}

/** The client for commands of the node that has the key's slot; of a single server, the one that there is. */
export async function nodeOf(key: string, commands: Redis): Promise<Redis> {
  const cluster = clusterOf(commands)
  if (!cluster) return commands
  const address = cluster.slots[await slotOf(key, commands)]?.[0]
  const node = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address)
  if (!node) throw new Error(`no node is known that has ${key}`)
  return node
}

/**
 * Resolves when all nodes that take writes have answered. While the nodes are learnt the client closes and replaces connections that it has
 * just made, and with them what was asked over them; here that does no harm.
 */
export async function acquainted(commands: Redis): Promise<void> {
  if (!clusterOf(commands)) return
  const endsAt = performance.now() + acquaintanceMs
  for (;;) {
    try {
      await Promise.all(primariesOf(commands).map((node) => node.ping()))
      return
    } catch (error) {
      if (performance.now() > endsAt) throw error
      await pause(20)
    }
  }
}

/** All nodes that take writes; of a single server, the one that there is. */
export function primariesOf(commands: Redis): readonly Redis[] {
  return clusterOf(commands)?.nodes('master') ?? [commands]
}

function clusterOf(commands: Redis | Cluster): Cluster | undefined {
  return commands instanceof Cluster ? commands : undefined
}

/** Asked anew each time: what a client remembers may be what a failover has ended. */
async function ownerOf(key: string, commands: Redis): Promise<ServerAddress> {
  const slot = await slotOf(key, commands)
  const ranges = await commands.cluster('SLOTS')
  const range = ranges.find(([from, to]) => from <= slot && slot <= to)
  const owner = range?.[2]
  if (!owner) throw new Error(`no node has slot ${slot}`)
  return { host: owner[0], port: owner[1] }
}

async function slotOf(key: string, commands: Redis): Promise<number> {
  const tag = slotTag(key)
  const slot = slots.get(tag) ?? Number(await commands.cluster('KEYSLOT', tag))
  slots.set(tag, slot)
  return slot
}

/** Who we are and how we speak, without where one of the nodes is. */
function identity({ username, password, tls, connectionName }: ClientOptions): ClientOptions {
  return Object.fromEntries(
    Object.entries({ username, password, tls, connectionName }).filter(([, value]) => value !== undefined),
  )
}
