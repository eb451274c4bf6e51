import { randomUUID } from 'node:crypto'
import type { TransportKind, TransportOptions } from '@lightbus/core/transport'
import type { Faults, Harness, Refusal, Wishes } from '@lightbus/transport-testkit'
import type { Cluster, Redis } from 'ioredis'
import { KeyNames } from '../../src/key-names.ts'
import { splitNativeId } from '../../src/stream-ids.ts'
import type { FaultProxy } from '../kit/fault-proxy.ts'
import { freePort } from '../kit/free-port.ts'
import { connectionName, kitOptions } from '../kit/kit-options.ts'
import { faultsOnTheWay } from '../kit/redis-faults.ts'
import { ask, connectionsOf, deleteKeys, injectRaw, inspect, keysOf } from '../kit/redis-keys.ts'
import { placeVariable } from './place-variable.ts'
import type { Address } from './servers.ts'

/** Which way leads to a server. */
export type Way = (server: Address) => Address

/** Several servers that are one Redis, with a proxy in front of each of them. */
export interface Topology {
  readonly proxy: FaultProxy
  /** All servers that may hold messages. */
  readonly nodes: readonly Address[]
  readonly keyNames: 'lightbus' | 'tagged'
  /** Those of them that take writes now. */
  primaries(): Promise<readonly Address[]>
  /** The options that lead there. */
  place(way: Way): TransportOptions
  /** A client whose connections have this name, not connected yet. */
  client(way: Way, name: string): Redis | Cluster
  /** Kills what takes writes, and starts it with what it had kept. */
  restart(): Promise<void>
  /** Kills what takes writes to the key; a replica takes its place. */
  failOver(key: string): Promise<void>
}

const directly: Way = (server) => server

/** What the kit needs to prove the transport on a topology, child processes that it may kill included. */
export function topologyHarness(topology: Topology): Harness {
  const { proxy, nodes } = topology
  const through: Way = (server) => proxy.wayTo(server)
  const options = (kind: TransportKind, namespace: string, wishes: Wishes): TransportOptions => ({
    ...kitOptions(kind, namespace, wishes),
    ...topology.place(through),
    url: `redis://ignored/0${connectionName(namespace)}`,
  })
  process.env[placeVariable] = JSON.stringify(topology.place(through))
  return {
    namespace: () => `kit-${randomUUID()}:`,
    options,
    patienceMs: 60_000,
    entry: new URL('./place-harness.ts', import.meta.url),
    async inspect(namespace) {
      const held = await ofEach(await topology.primaries(), (redis) => inspect(redis, namespace))
      const connections = await ofEach(nodes, (redis) => connectionsOf(redis, namespace))
      return {
        // A process has its connections to each of the nodes.
        connections: Math.max(...connections.map(({ length }) => length)),
        keys: held.flatMap(({ keys }) => keys),
        groups: held.flatMap(({ groups }) => groups),
      }
    },
    injectRaw: (namespace, place, raw) =>
      asOne(topology, (client) => injectRaw(client, new KeyNames(namespace, topology.keyNames), place, raw)),
    faults: (namespace) => faultsOf(topology, namespace, (kind) => options(kind, namespace, {})),
    async ownClient(namespace) {
      const client = topology.client(through, namespace).on('error', () => undefined)
      return {
        // Nobody is where the url leads.
        options: (kind) => ({ ...kitOptions(kind, namespace, {}), url: 'redis://127.0.0.1:1/0', client }),
        isUsable: () => client.ping().then((answer) => answer === 'PONG'),
        close: async () => client.disconnect(),
      }
    },
    async cleanUp(namespace) {
      await proxy.restore()
      await wipe(topology, namespace)
    },
  }
}

function faultsOf(
  topology: Topology,
  namespace: string,
  options: (kind: TransportKind) => TransportOptions,
): Faults {
  return {
    ...faultsOnTheWay(topology.proxy),
    refuseOpening: (why) => refuseOpening(topology, why, options),
    wipe: () => wipe(topology, namespace),
    loseBody: (nativeId) =>
      asOne(topology, async (client) => {
        const { stream, id } = splitNativeId(nativeId)
        await client.xdel(stream, id)
      }),
    restart: () => topology.restart(),
    // The replicas keep up by themselves: what they have not got when it happens is what they are behind.
    failOver: async () => async () => {
      const keys = await ofEach(await topology.primaries(), (redis) => keysOf(redis, namespace))
      await topology.failOver(keys.flat().find((key) => key.endsWith(':stream')) ?? '')
    },
  }
}

async function refuseOpening(
  { place, nodes }: Topology,
  why: 'credentials' | 'host' | 'permission',
  options: (kind: TransportKind) => TransportOptions,
): Promise<Refusal> {
  if (why === 'host') {
    const nobody = { host: '127.0.0.1', port: await freePort() }
    const elsewhere = place(() => nobody)
    return { options: (kind) => ({ ...options(kind), ...elsewhere }), undo: async () => undefined }
  }
  const [username, secret] = [`kit-${randomUUID()}`, randomUUID()]
  const asUser = (kind: TransportKind): TransportOptions => {
    const given = options(kind)
    const url = new URL(String(given['url']))
    url.username = username
    url.password = secret
    return { ...given, url: url.href }
  }
  if (why === 'credentials') return { options: asUser, secret, undo: async () => undefined }
  const mayConnect = ['on', `>${secret}`, '~*', '-@all', '+@connection', '+cluster|slots', '+cluster|info']
  await ofEach(nodes, (redis) => redis.call('ACL', 'SETUSER', username, ...mayConnect))
  const undo = async (): Promise<void> =>
    void (await ofEach(nodes, (redis) => redis.call('ACL', 'DELUSER', username)))
  return { options: asUser, secret, undo }
}

async function wipe(topology: Topology, namespace: string): Promise<void> {
  await ofEach(await topology.primaries(), (redis) => deleteKeys(redis, namespace))
}

/** Asks each of the servers by itself. */
function ofEach<T>(servers: readonly Address[], act: (redis: Redis) => Promise<T>): Promise<T[]> {
  return Promise.all(servers.map(({ host, port }) => ask(`redis://${host}:${port}`, act)))
}

/** Asks the topology as clients do. */
async function asOne<T>(topology: Topology, act: (client: Redis | Cluster) => Promise<T>): Promise<T> {
  const client = topology.client(directly, 'kit').on('error', () => undefined)
  try {
    return await act(client)
  } finally {
    client.disconnect()
  }
}
