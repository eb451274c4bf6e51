// Servers that tests start for themselves: on free ports, in folders of their own, gone when stopped and when this
// process ends.
import { findBinary, serverNames } from './redis-binaries.mjs'
import { plainSettings, startNode } from './redis-node.mjs'

export { serverNames }
export { startCluster } from './redis-cluster.mjs'
export { startSentinel } from './redis-sentinel.mjs'
export { startTls } from './redis-tls.mjs'

/**
 * One server by name: distribution, 5, 6.2, redis, valkey, newest. What it holds outlives a restart, also one that kills
 * it, if it is persistent. `settings` are further arguments of the server.
 *
 * @param {string} name
 * @param {{ persistent?: boolean, settings?: string[] }} [options]
 */
export async function startServer(name, { persistent = false, settings = [] } = {}) {
  const binary = await findBinary(name)
  const node = await startNode(binary, (place) => [...plainSettings(place, persistent), ...settings])
  return {
    url: `redis://127.0.0.1:${node.port}/0`,
    kind: binary.kind,
    version: binary.version,
    how: binary.how,
    start: node.start,
    end: node.end,
    restart: node.restart,
    stop: node.stop,
  }
}
