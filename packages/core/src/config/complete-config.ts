import type {
  TransportSelector,
  WrittenApiConfig,
  WrittenBusConfig,
  WrittenClaimCheck,
  WrittenConfig,
  WrittenPluginConfig,
  WrittenSchemaConfig,
  WrittenValidation,
} from './config.ts'
import type { WrittenListenerConfig } from './listener-config.ts'
import { defaults } from './defaults.ts'
import { givenInCode, noSource } from './load-config.ts'
import { isSection, plainCopy } from './plain-copy.ts'

/** What is certain once a configuration was completed and checked. The check itself fills in the scalars. */
export interface CompleteConfig {
  readonly bus: Complete<Omit<WrittenBusConfig, 'schema' | 'claim_check'>> & {
    readonly claim_check?: WrittenClaimCheck
    readonly schema: Complete<WrittenSchemaConfig>
  }
  readonly apis: Readonly<Record<string, CompleteApiConfig>>
  readonly listeners: Readonly<Record<string, WrittenListenerConfig>>
  readonly plugins: Readonly<Record<string, WrittenPluginConfig>>
}

export type CompleteApiConfig = Complete<Omit<WrittenApiConfig, 'validate' | ApiTransport | CallLimit>> &
  Pick<WrittenApiConfig, ApiTransport | CallLimit> & {
    readonly validate: boolean | Complete<WrittenValidation>
  }

type CallLimit = 'concurrency' | 'prefetch'

type Complete<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> }

type Section = Record<string, unknown>

/** What workers tell of themselves: Python's tell more than the schemas allow that they publish for it. */
export const internalApis: readonly string[] = ['internal.state', 'internal.metrics']

const apiTransports = ['event_transport', 'rpc_transport', 'result_transport'] as const
type ApiTransport = (typeof apiTransports)[number]

/**
 * A copy with all its sections, and a transport in each place that takes one: an API without has those of `default`.
 * Parts of a wrong shape stay as they are, for the check to find.
 */
export function completeConfig(written: WrittenConfig, source: string): unknown {
  const config = plainCopy(written)
  if (!isSection(config)) return config
  const selector = (): TransportSelector => ({ [defaultTransport(written, source)]: {} })
  dropEmpty(config)

  within(config, 'bus', (bus) =>
    within(bus, 'schema', (schema) => {
      schema['transport'] ??= selector()
      fillSelector(schema['transport'])
    }),
  )
  within(config, 'apis', (apis) => {
    within(apis, 'default', (api) => {
      api['validate'] ??= {}
      api['retry'] ??= {}
      for (const key of apiTransports) {
        api[key] ??= selector()
        fillSelector(api[key])
      }
    })
    for (const name of Object.keys(apis).filter((each) => each !== 'default')) {
      within(apis, name, (api) => {
        api['validate'] ??= internalApis.includes(name) ? { incoming: false } : {}
        api['retry'] ??= {}
        for (const key of apiTransports) {
          if (saysAsDefault(api[key], part(part(apis, 'default'), key))) delete api[key]
          fillSelector(api[key])
        }
      })
    }
  })
  within(config, 'listeners', (listeners) => {
    for (const name of Object.keys(listeners)) within(listeners, name, () => undefined)
  })
  within(config, 'plugins', (plugins) => {
    for (const name of Object.keys(plugins)) within(plugins, name, () => undefined)
  })
  return config
}

/** The names of all transports a configuration needs, as written: those chosen, and those filled in where none is. */
export function transportsIn(written: WrittenConfig, source: string): readonly string[] {
  return [...new Set(selectorsIn(completeConfig(written, source)).flatMap(Object.keys))]
}

/** The names of the plugins that a configuration enables, as written. */
export function pluginsIn(written: WrittenConfig): readonly string[] {
  // The text is what a reference gives, before the check makes a truth value of it.
  const isEnabled = (plugin: Section): boolean => plugin['enabled'] === true || plugin['enabled'] === 'true'
  const plugins = part(written, 'plugins')
  return Object.keys(plugins).filter((name) => isEnabled(part(plugins, name)))
}

/**
 * A file means Redis where it chooses nothing, as in Lightbus; so does an object that names a broker somewhere.
 * Without either, messages stay in this process.
 */
function defaultTransport(written: WrittenConfig, source: string): string {
  if (source !== noSource && source !== givenInCode) return defaults.transport
  const chosen = selectorsIn(written).flatMap(Object.keys)
  const needsBroker = chosen.some((name) => name !== defaults.transportWithoutBroker)
  return needsBroker ? defaults.transport : defaults.transportWithoutBroker
}

function selectorsIn(config: unknown): Section[] {
  const bus = part(config, 'bus')
  const apis = Object.values(part(config, 'apis'))
  return [
    part(part(bus, 'schema'), 'transport'),
    ...apis.flatMap((api) => apiTransports.map((key) => part(api, key))),
  ]
}

function part(value: unknown, key: string): Section {
  const child = isSection(value) ? value[key] : undefined
  return isSection(child) ? child : {}
}

/** Makes the section if it is not there, and passes it on unless something else stands in its place. */
function within(parent: Section, key: string, act: (child: Section) => void): void {
  parent[key] ??= {}
  const child = parent[key]
  if (!isSection(child)) return
  dropEmpty(child)
  act(child)
}

const nullable: ReadonlySet<string> = new Set(['ttl', 'start_timeout'])

/** In YAML a key with nothing behind it is null. It counts as not written, but where it means for ever. */
function dropEmpty(section: Section): void {
  for (const [key, value] of Object.entries(section)) {
    if (value === undefined || (value === null && !nullable.has(key))) delete section[key]
  }
}

/** `redis:` with nothing behind it is Redis with its defaults; beside a transport with options it is not chosen. */
function fillSelector(selector: unknown): void {
  if (!isSection(selector)) return
  if (!choosesNothing(selector)) dropEmpty(selector)
  for (const name of Object.keys(selector)) selector[name] ??= {}
}

/** An API that says no more than `redis:` has the options that `default` gives to Redis, as in Lightbus. */
function saysAsDefault(selector: unknown, byDefault: Section): boolean {
  if (!isSection(selector) || !choosesNothing(selector)) return false
  const names = Object.keys(selector)
  return names.length === 0 || names.some((name) => name in byDefault)
}

function choosesNothing(selector: Section): boolean {
  return Object.values(selector).every((options) => options === null || options === undefined)
}
