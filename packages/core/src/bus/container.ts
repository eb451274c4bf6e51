import 'reflect-metadata'
import { container as globalContainer, instanceCachingFactory, type DependencyContainer } from 'tsyringe'
import { ApiRegistry } from '../api/api-registry.ts'
import type { Api } from '../api/define-api.ts'
import { DeadLetterDesk } from '../client/dead-letter-desk.ts'
import { apiConfig, type Config } from '../config/config.ts'
import type { PayloadStore } from '../contracts/stores.ts'
import type { Log } from '../contracts/log.ts'
import type { TransportContext, TransportNotice } from '../contracts/transport.ts'
import type { TransportKind, TransportModule } from '../contracts/transport-module.ts'
import type { PluginModule } from '../plugins/plugin.ts'
import { PluginChain } from '../plugins/through-plugins.ts'
import { MessageValidator } from '../schema/message-validator.ts'
import { SchemaKeeper } from '../schema/schema-keeper.ts'
import { SchemaRegistry } from '../schema/schema-registry.ts'
import { ClaimCheck } from '../transports/claim-check.ts'
import { TransportSet, type Choice } from '../transports/transport-set.ts'
import { realClock } from '../util/clock.ts'
import { listenerSettings } from '../worker/listener-settings.ts'
import { Worker } from '../worker/worker.ts'
import { createLog } from './create-log.ts'
import { discreetLog } from './discreet-log.ts'
import { Implementations, messageScope } from './implementations.ts'
import { makePlugins, type GivenPlugin } from './make-plugins.ts'
import { PluginEvents } from './plugin-events.ts'
import { tokens } from './tokens.ts'

/** The container of a bus, below the user's own, with what is known before the configuration is. */
export function createContainer(
  apis: readonly Api[],
  parent: DependencyContainer = globalContainer,
): DependencyContainer {
  const container = parent.createChildContainer()
  const registry = new ApiRegistry(apis)
  container.register(tokens.apis, { useValue: registry })
  container.register(tokens.schemas, { useValue: new SchemaRegistry(registry) })
  container.register(tokens.implementations, { useValue: new Implementations() })
  return container
}

/** The modules that the configuration names, by these names. */
export interface LoadedModules {
  readonly transports: ReadonlyMap<string, TransportModule>
  readonly plugins: ReadonlyMap<string, PluginModule>
}

/** What the program itself gives. */
export interface GivenParts {
  readonly log?: Log | undefined
  readonly plugins?: readonly GivenPlugin[] | undefined
  readonly payloads?: PayloadStore | undefined
}

/** The wiring table: what is made of what. Each part is made once, at its first use. */
export function wire(
  container: DependencyContainer,
  config: Config,
  modules: LoadedModules,
  { log, plugins = [], payloads }: GivenParts,
): void {
  const get = container.resolve.bind(container)
  const table = <T>(token: Parameters<typeof container.register<T>>[0], make: () => T): void => {
    container.register<T>(token, { useFactory: instanceCachingFactory(make) })
  }
  table(tokens.config, () => config)
  table(tokens.modules, () => modules.transports)
  table(tokens.clock, () => realClock)
  table(tokens.plugins, () => new PluginChain(makePlugins(container, modules.plugins, plugins)))
  table(tokens.pluginEvents, () => new PluginEvents(() => get(tokens.fireEvent)))
  table(tokens.log, () => discreetLog(log ?? createLog(config.logLevel)))
  table(tokens.validator, () => {
    const resolved = get(tokens.config)
    return new MessageValidator(get(tokens.schemas), (api) => apiConfig(resolved, api), get(tokens.log))
  })
  table(
    tokens.schemaKeeper,
    () =>
      new SchemaKeeper({
        apis: get(tokens.apis),
        schemas: get(tokens.schemas),
        clock: get(tokens.clock),
        log: get(tokens.log),
        ...get(tokens.config).schema,
      }),
  )
  table(
    tokens.transports,
    () =>
      new TransportSet({
        modules: get(tokens.modules),
        choose: (kind, api) => choose(get(tokens.config), kind, api),
        context: transportContext(container),
        log: get(tokens.log),
      }),
  )
  table(
    tokens.deadLetters,
    () => new DeadLetterDesk({ transports: get(tokens.transports), clock: get(tokens.clock) }),
  )
  table(tokens.claimCheck, () => new ClaimCheck({ limits: get(tokens.config).claimCheck, store: payloads }))
  table(tokens.fireEvent, () => ({
    apis: get(tokens.apis),
    validator: get(tokens.validator),
    transports: get(tokens.transports),
    plugins: get(tokens.plugins),
    claimCheck: get(tokens.claimCheck),
  }))
  table(tokens.callRpc, () => {
    const resolved = get(tokens.config)
    return {
      schemas: get(tokens.schemas),
      keeper: get(tokens.schemaKeeper),
      validator: get(tokens.validator),
      transports: get(tokens.transports),
      plugins: get(tokens.plugins),
      clock: get(tokens.clock),
      timeoutMs: (api: string) => apiConfig(resolved, api).rpcTimeoutMs,
    }
  })
  table(tokens.worker, () => makeWorker(container))
}

function makeWorker(container: DependencyContainer): Worker {
  const get = container.resolve.bind(container)
  const config = get(tokens.config)
  const plugins = get(tokens.plugins)
  const implementations = get(tokens.implementations)
  const handling = {
    plugins,
    claimCheck: get(tokens.claimCheck),
    serviceName: config.serviceName,
    carriedHeaders: [...config.carriedHeaders, ...plugins.carries],
    validator: get(tokens.validator),
    log: get(tokens.log),
    clock: get(tokens.clock),
    scope: () => messageScope(container),
  }
  return new Worker({
    apis: get(tokens.apis),
    keeper: get(tokens.schemaKeeper),
    transports: get(tokens.transports),
    clock: get(tokens.clock),
    log: get(tokens.log),
    plugins,
    settings: ({ listenerName, options }) =>
      listenerSettings(listenerName, options, {
        listener: (name) => config.listeners.get(name),
        api: (name) => apiConfig(config, name),
      }),
    callLimits: (api) => ({ ...apiConfig(config, api).calls, ...implementations.limits(api) }),
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    startTimeoutMs: config.startTimeoutMs,
    handling,
    serving: {
      ...handling,
      implementation: (api, scope) => implementations.of(api, scope),
    },
  })
}

function choose(config: Config, kind: TransportKind, apiName: string): Choice {
  if (kind === 'schema') return config.schema.transport
  return apiConfig(config, apiName)[`${kind}Transport`]
}

function transportContext(container: DependencyContainer): TransportContext {
  const { serviceName, processName } = container.resolve(tokens.config)
  const log = container.resolve(tokens.log)
  return {
    serviceName,
    processName,
    clock: container.resolve(tokens.clock),
    report: ({ type, transport, message, error }: TransportNotice) =>
      log[type === 'connection-back' ? 'info' : 'warn']({ notice: type, transport, err: error }, message),
  }
}
