import type { ApiSchema, JsonSchema } from '../../api/api-schema.ts'
import type { BusDescription } from '../../bus/describe-bus.ts'
import type { Carrier } from '../../transports/transport-set.ts'

/** All that is said of some APIs, whatever the format. */
export interface Documentation {
  readonly title: string
  readonly version: string
  readonly apis: readonly DocumentedApi[]
}

export interface DocumentedApi {
  readonly name: string
  readonly description?: string
  /** The services that serve it, as far as is known. */
  readonly owners: readonly string[]
  readonly events: readonly DocumentedEvent[]
  readonly procedures: readonly DocumentedProcedure[]
  readonly carriers: { readonly event: Carrier; readonly rpc: Carrier }
}

export interface DocumentedEvent {
  readonly name: string
  /** `api.event`. */
  readonly path: string
  /** Undefined where only the published schema is known, which has none. */
  readonly version?: number
  readonly parameters: JsonSchema
  readonly listeners: readonly DocumentedListener[]
}

export interface DocumentedListener {
  readonly service: string
  readonly listener: string
}

export interface DocumentedProcedure {
  readonly name: string
  /** `api.procedure`. */
  readonly path: string
  readonly parameters: JsonSchema
  readonly result: JsonSchema
}

/** A bus, and what its service is called. */
export interface DescribedService {
  readonly service: string
  readonly bus: BusDescription
}

/** A schema that is published, and the bus that it was found by. */
export interface LiveApi {
  readonly schema: ApiSchema
  readonly bus: BusDescription
}

interface Source {
  readonly schema: ApiSchema
  readonly description?: string
  /** Of its events, by name. */
  readonly versions: ReadonlyMap<string, number>
  readonly bus: BusDescription
}

/**
 * What the services define, and what is published besides: a definition says more than a schema and comes first. The APIs that Lightbus
 * itself brings along, `internal.*`, are left out.
 */
export function documentedApis(
  services: readonly DescribedService[],
  live: readonly LiveApi[],
): readonly DocumentedApi[] {
  const sources = new Map<string, Source>()
  for (const { schema, bus } of live) sources.set(schema.apiName, { schema, versions: new Map(), bus })
  for (const { bus } of services) for (const [name, source] of definitionsOf(bus)) sources.set(name, source)
  return [...sources.values()]
    .filter(({ schema }) => !schema.apiName.startsWith('internal.'))
    .sort((one, other) => (one.schema.apiName < other.schema.apiName ? -1 : 1))
    .map((source) => documented(source, services))
}

function definitionsOf(bus: BusDescription): readonly (readonly [string, Source])[] {
  return bus.apis.map(({ name, description, schema, events }) => {
    const versions = new Map(Object.entries(events).map(([event, { version }]) => [event, version]))
    return [name, { schema, versions, bus, ...(description === undefined ? {} : { description }) }]
  })
}

function documented(
  { schema, description, versions, bus }: Source,
  services: readonly DescribedService[],
): DocumentedApi {
  const { apiName: name, events, rpcs } = schema
  const owners = services.filter((one) => one.bus.isOwned(name)).map(({ service }) => service)
  return {
    name,
    ...(description === undefined ? {} : { description }),
    owners: [...new Set(owners)],
    carriers: { event: bus.carrier('event', name), rpc: bus.carrier('rpc', name) },
    events: Object.entries(events).map(([event, { parameters }]) => {
      const path = `${name}.${event}`
      const version = versions.get(event)
      const listeners = listenersOf(path, services)
      return { name: event, path, parameters, listeners, ...(version === undefined ? {} : { version }) }
    }),
    procedures: Object.entries(rpcs)
      .filter(([procedure]) => !Object.hasOwn(events, procedure))
      .map(([procedure, { parameters, response }]) => ({
        name: procedure,
        path: `${name}.${procedure}`,
        parameters,
        result: response,
      })),
  }
}

function listenersOf(path: string, services: readonly DescribedService[]): readonly DocumentedListener[] {
  return services.flatMap(({ service, bus }) =>
    bus.listeners
      .filter(({ events }) => events.includes(path))
      .map(({ listenerName }) => ({ service, listener: listenerName })),
  )
}
