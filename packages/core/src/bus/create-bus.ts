import type { DependencyContainer } from 'tsyringe'
import type { Api } from '../api/define-api.ts'
import { busPaths } from '../client/bus-path.ts'
import type { ServiceOptions } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { pluginsIn, transportsIn } from '../config/complete-config.ts'
import type { Log } from '../contracts/log.ts'
import type { PayloadStore } from '../contracts/stores.ts'
import type { TransportModule } from '../contracts/transport-module.ts'
import { apiNameInvalid, busAlreadyConfigured } from '../errors/catalogue.ts'
import { loadPlugin, ownPlugins } from '../plugins/load-plugin.ts'
import type { PluginModule } from '../plugins/plugin.ts'
import { checkTransportModule, loadTransport } from '../transports/load-transport.ts'
import type { Bus } from './bus.ts'
import { BusCore, type Ready } from './bus-core.ts'
import { createContainer, wire } from './container.ts'
import { ListenerSet } from './listener-set.ts'
import type { GivenPlugin } from './make-plugins.ts'
import { tokens } from './tokens.ts'

export interface BusOptions<Apis extends readonly Api[]> extends ServiceOptions {
  /** The APIs that this process knows by definition: its own and those that it uses. */
  readonly apis?: Apis
  /** A log of the program's own, such as a pino logger. */
  readonly log?: Log
  /** The container that the program's own classes are registered in: tsyringe's global one unless given. */
  readonly container?: DependencyContainer
  /** Transports by the names that the configuration uses for them, instead of installed packages. */
  readonly transports?: Readonly<Record<string, TransportModule>>
  /** Plugins that wrap the verbs, after those that the configuration enables; a module goes with its options. */
  readonly plugins?: readonly GivenPlugin[]
  /** Where the parameters of large events are kept, instead of the event transport's own store: see `bus.claim_check`. */
  readonly payloads?: PayloadStore
  /** Registers other parts under the {@link tokens}, for tests. */
  readonly override?: (container: DependencyContainer) => void
}

/** What a bus is made of, for commands that look into it. */
export interface BusParts {
  readonly options: BusOptions<readonly Api[]>
  readonly listeners: ListenerSet
  readonly ready: Ready
}

const buses = new WeakMap<object, BusParts>()

/** Makes a bus; reads no configuration and opens nothing until it is started or first used. */
export function createBus<const Apis extends readonly Api[] = readonly []>(
  options: BusOptions<Apis> = {},
): Bus<Apis> {
  const apis = options.apis ?? []
  const container = createContainer(apis, options.container)
  const parts = { options, listeners: new ListenerSet(), ready: once(container, options) }
  const core = new BusCore(container, parts)
  const paths = busPaths(apis, core)
  for (const name of Object.keys(paths))
    if (name in core) throw apiNameInvalid({ name, why: `"${name}" is a word of the bus itself` })
  const bus = Object.assign(core, paths)
  buses.set(bus, parts)
  return bus as unknown as Bus<Apis>
}

/** Whether a value is a bus that {@link createBus} made. */
export function isBus(value: unknown): value is Bus {
  return typeof value === 'object' && value !== null && buses.has(value)
}

/** The parts of a bus that {@link createBus} made. */
export function partsOf(bus: Bus): BusParts | undefined {
  return buses.get(bus)
}

function once(container: DependencyContainer, options: BusOptions<readonly Api[]>): Ready {
  let ready: Promise<DependencyContainer> | undefined
  return (overrides = {}) => {
    const given = Object.entries(overrides).filter(([, value]) => value !== undefined)
    if (ready && given.length > 0)
      return Promise.reject(busAlreadyConfigured({ options: given.map(([name]) => name) }))
    ready ??= configure(container, { ...options, ...Object.fromEntries(given) })
    return ready
  }
}

async function configure(
  container: DependencyContainer,
  options: BusOptions<readonly Api[]>,
): Promise<DependencyContainer> {
  const loaded = await loadConfig(options, process.env)
  const given = new Map(Object.entries(options.transports ?? {}))
  const modules = new Map<string, TransportModule>()
  for (const name of transportsIn(loaded.written, loaded.source))
    modules.set(
      name,
      given.has(name)
        ? checkTransportModule(name, given.get(name))
        : await loadTransport(name, loaded.directory),
    )
  const plugins = new Map<string, PluginModule>(ownPlugins)
  for (const name of pluginsIn(loaded.written)) plugins.set(name, await loadPlugin(name, loaded.directory))
  const config = resolveConfig(loaded, modules, plugins)
  wire(container, config, { transports: modules, plugins }, options)
  options.override?.(container)
  const { all } = container.resolve(tokens.plugins)
  for (const api of all.flatMap(({ apis = [] }) => apis)) container.resolve(tokens.apis).addOfPlugin(api)
  const log = container.resolve(tokens.log)
  if (config.source === 'none')
    log.info(
      {},
      'No configuration is given: messages travel in the memory of this process only (transport "memory")',
    )
  const { withoutEffect } = config
  if (withoutEffect.length > 0)
    log.warn(
      { withoutEffect },
      `The configuration ${config.source} has keys without an effect here: ${withoutEffect.join(', ')}`,
    )
  return container
}
