import { Redis } from 'ioredis'
import { transportModule } from '../../src/index.ts'
import { FaultProxy } from '../kit/fault-proxy.ts'
import { startSentinel } from './servers.ts'
import { topologyHarness } from './topology-harness.ts'

export { transportModule }

// A restart is no reason for a failover, nor is a busy machine.
const sentinel = await startSentinel({ isBackground: true, downAfterMs: 3_000 })
const { name, nodes, sentinels } = sentinel

/** What the kit needs to prove the transport on a primary that three sentinels watch, which are started here. */
export const harness = topologyHarness({
  proxy: await FaultProxy.to(...nodes, ...sentinels),
  nodes,
  keyNames: 'lightbus',
  primaries: async () => [await sentinel.primary()],
  place: (way) => ({ sentinels: sentinels.map(way), sentinel_name: name }),
  client: (way, connectionName) => new Redis({ sentinels: sentinels.map(way), name, connectionName }),
  restart: () => sentinel.restart(),
  failOver: () => sentinel.failover(),
})
