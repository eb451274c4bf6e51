import type { ApiSchema } from '../api/api-schema.ts'
import type { Api } from '../api/define-api.ts'
import { loadConfig } from '../config/load-config.ts'
import { eventPath } from '../messages/event-message.ts'
import type { Carrier } from '../transports/transport-set.ts'
import type { Bus } from './bus.ts'
import { partsOf } from './create-bus.ts'
import { tokens } from './tokens.ts'

/** What a bus is there for, without starting it. */
export interface BusDescription {
  /** Undefined where nobody has given the service a name that lasts. */
  readonly serviceName: string | undefined
  /** All that it knows by definition, its plugins' included. */
  readonly apis: readonly Api[]
  isOwned(apiName: string): boolean
  readonly listeners: readonly { readonly listenerName: string; readonly events: readonly string[] }[]
  carrier(kind: 'event' | 'rpc', apiName: string): Carrier
  /** The schemas that are alive on the bus. Opens its schema transport, and closes it again. */
  live(): Promise<readonly ApiSchema[]>
}

/** Reads the configuration of a bus, which opens nothing, and tells what the bus is there for. Rejects as `configure` does. */
export async function describeBus(bus: Bus, config: string | undefined): Promise<BusDescription> {
  const parts = partsOf(bus)
  if (!parts) throw new TypeError('This is no bus that createBus made')
  const container = await parts.ready({ config })
  const { service, written } = await loadConfig(
    { ...parts.options, ...(config === undefined ? {} : { config }) },
    process.env,
  )
  const named = service.serviceName ?? written.service_name
  const apis = container.resolve(tokens.apis)
  const transports = container.resolve(tokens.transports)
  return {
    // A name with placeholders is another one each time.
    serviceName: named?.includes('{') ? undefined : named,
    apis: apis.all(),
    isOwned: (apiName) => apis.isOwned(apiName),
    listeners: parts.listeners
      .all()
      .map(({ listenerName, events }) => ({ listenerName, events: events.map(eventPath) })),
    carrier: (kind, apiName) => transports.carrier(kind, apiName),
    live: async () => {
      try {
        return await (await transports.open('schema', '')).load()
      } finally {
        await transports.close()
      }
    },
  }
}
