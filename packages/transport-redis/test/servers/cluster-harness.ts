import { Cluster } from 'ioredis'
import { transportModule } from '../../src/index.ts'
import { FaultProxy } from '../kit/fault-proxy.ts'
import { ask } from '../kit/redis-keys.ts'
import { startCluster, type Address } from './servers.ts'
import { topologyHarness } from './topology-harness.ts'

export { transportModule }

const cluster = await startCluster({ isBackground: true })
const { nodes } = cluster

/** What the kit needs to prove the transport on a Cluster of three masters and three replicas, which is started here. */
export const harness = topologyHarness({
  proxy: await FaultProxy.to(...nodes),
  nodes,
  keyNames: 'tagged',
  primaries,
  place: (way) => ({ cluster: nodes.map(way) }),
  client: (way, name) =>
    new Cluster(nodes.map(way), {
      // The client's own interval may outlive it.
      slotsRefreshInterval: 0,
      redisOptions: { connectionName: name },
    }),
  restart: () => cluster.restart(),
  failOver: (key) => cluster.failover(key),
})

async function primaries(): Promise<readonly Address[]> {
  const roles = await Promise.all(
    nodes.map(({ host, port }) => ask(`redis://${host}:${port}`, (redis) => redis.call('ROLE'))),
  )
  return nodes.filter((_, index) => (roles[index] as readonly unknown[])[0] === 'master')
}
