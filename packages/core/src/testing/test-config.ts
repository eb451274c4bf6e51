import { loadConfig } from '../config/load-config.ts'
import type { TransportSelector, WrittenApiConfig, WrittenConfig } from '../config/config.ts'
import { configInvalid } from '../errors/catalogue.ts'

/**
 * The configuration of a test: all messages go over the one transport, and are checked strictly unless the given configuration says otherwise. Options
 * that it gives to this very transport stay. Throws as the reading of a configuration does.
 */
export async function testConfig(
  given: string | WrittenConfig,
  transport: TransportSelector,
): Promise<WrittenConfig> {
  const written = await read(given)
  const chosen = (selector: TransportSelector = {}): TransportSelector =>
    Object.fromEntries(
      Object.entries(transport).map(([name, options]) => [name, { ...selector[name], ...options }]),
    )
  const api = (config: WrittenApiConfig): WrittenApiConfig => ({
    validate: true,
    strict_validation: true,
    ...config,
    event_transport: chosen(config.event_transport),
    rpc_transport: chosen(config.rpc_transport),
    result_transport: chosen(config.result_transport),
  })
  const { bus = {}, apis = {} } = written
  return {
    ...written,
    bus: {
      start_timeout: '5s',
      ...bus,
      schema: { ...bus.schema, transport: chosen(bus.schema?.transport) },
    },
    apis: Object.fromEntries(
      Object.entries({ default: {}, ...apis }).map(([name, config]) => [name, api(config)]),
    ),
  }
}

async function read(given: string | WrittenConfig): Promise<WrittenConfig> {
  if (typeof given !== 'string') return given
  const { written, problems, source } = await loadConfig({ config: given }, process.env)
  if (problems.length > 0) throw configInvalid({ source, problems })
  return written
}
