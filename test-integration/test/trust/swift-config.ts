import type { WrittenConfig } from '@lightbus/core'
import { privateConfig, type TransportName } from '../each-transport.ts'

/** A private configuration in which a process soon finds what another has given back. */
export function swiftConfig(transport: TransportName): WrittenConfig {
  const config = privateConfig(transport)
  const { event_transport: events, ...api } = config.apis?.['default'] ?? {}
  if (transport === 'memory' || !events) return config
  const swift = { redis: { ...events['redis'], reclaim_interval: '100ms' } }
  return { ...config, apis: { default: { ...api, event_transport: swift } } }
}
