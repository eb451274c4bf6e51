import { Ajv } from 'ajv'
import type { ErrorObject, SchemaValidateFunction } from 'ajv'
import type { TransportModule } from '../contracts/transport-module.ts'
import { configInvalid } from '../errors/catalogue.ts'
import { durationMs, type Duration } from '../util/duration.ts'
import { completeConfig, internalApis } from './complete-config.ts'
import type { CompleteApiConfig, CompleteConfig } from './complete-config.ts'
import { atPath, describeErrors, pathOf, placeOf } from './config-problems.ts'
import { configSchema, type WithOptions } from './config-schema.ts'
import type { ApiConfig, Config, TransportChoice, TransportSelector, WrittenPluginConfig } from './config.ts'
import { defaults, logLevels } from './defaults.ts'
import type { LoadedConfig } from './load-config.ts'
import { bytesOf } from '../util/byte-size.ts'
import { resolveListener, resolveRetry } from './resolve-listeners.ts'
import { fillPlaceholders } from './placeholders.ts'
import { deepFreeze, frozenMap, isBranch } from './plain-copy.ts'
import type { JsonSchema } from './schema-parts.ts'

export { transportsIn } from './complete-config.ts'

/**
 * Checks a configuration and makes it complete. `modules` holds the modules of `transportsIn(loaded.written)`, and `plugins` those of
 * `pluginsIn(loaded.written)`, by the names they are written with. Throws one `BUS_CONFIG_INVALID` with all mistakes.
 */
export function resolveConfig(
  loaded: LoadedConfig,
  modules: ReadonlyMap<string, TransportModule>,
  plugins: ReadonlyMap<string, WithOptions> = new Map(),
): Config {
  const config = completeConfig(loaded.written, loaded.source)
  const checked = check(config, loaded, configSchema(modules, plugins))
  const problems = [...loaded.problems, ...checked.problems]
  const { logLevel } = loaded.service
  if (logLevel !== undefined && !logLevels.includes(logLevel)) {
    problems.push(`logLevel: must be one of ${logLevels.join(', ')}`)
  }
  const names = resolveNames(config, loaded, problems)
  if (problems.length > 0) throw configInvalid({ source: loaded.source, problems })
  // The check has just proved it.
  return resolve(config as CompleteConfig, loaded, { ...names, withoutEffect: checked.withoutEffect })
}

interface Checked {
  readonly problems: readonly string[]
  readonly withoutEffect: readonly string[]
}

function check(config: unknown, loaded: LoadedConfig, schema: JsonSchema): Checked {
  const line = (path: readonly (string | number)[]): number | undefined => loaded.line(path)
  const idle = new Set<string>()
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    useDefaults: true,
    verbose: true,
    validateFormats: false,
  })
  ajv.addKeyword({ keyword: 'withoutEffect', errors: false, validate: noteIn(idle) })
  const validate = ajv.compile(schema)
  const isValid =
    validate(config) ||
    (typeInterpolated(config, validate.errors ?? [], loaded.interpolated) && validate(config))
  return {
    problems: isValid ? [] : describeErrors(validate.errors ?? [], line),
    withoutEffect: [...idle].map((pointer) => placeOf(pathOf(pointer), line)),
  }
}

/** Lets every value pass whose schema has the keyword, and remembers where it stands. */
function noteIn(pointers: Set<string>): SchemaValidateFunction {
  return (_schema, _value, _parent, at) => {
    if (at) pointers.add(at.instancePath)
    return true
  }
}

/** A reference always gives text. Where the schema refuses it, and it reads as a number or a truth value, it is one. */
function typeInterpolated(
  config: unknown,
  errors: readonly ErrorObject[],
  interpolated: ReadonlySet<string>,
): boolean {
  let isChanged = false
  for (const { instancePath } of errors.filter((error) => interpolated.has(error.instancePath))) {
    const path = pathOf(instancePath)
    const key = path.pop() ?? ''
    const parent = path.reduce<unknown>((node, each) => childOf(node, each), config)
    const text = childOf(parent, key)
    if (typeof text !== 'string' || !/^(true|false|-?\d+(\.\d+)?)$/.test(text)) continue
    Reflect.set(parent as object, key, JSON.parse(text.replace(/^(-?)0+(?=\d)/, '$1')))
    isChanged = true
  }
  return isChanged
}

function childOf(node: unknown, key: string): unknown {
  return isBranch(node) ? (Reflect.get(node, key) as unknown) : undefined
}

interface Names {
  readonly serviceName: string
  readonly processName: string
}

function resolveNames(config: unknown, loaded: LoadedConfig, problems: string[]): Names {
  const fill = (given: string | undefined, key: string, fallback: string): string => {
    const inFile = childOf(config, key)
    const name = given ?? (typeof inFile === 'string' ? inFile : fallback)
    return fillPlaceholders(name, (problem) =>
      problems.push(atPath([key], given === undefined ? loaded.line : () => undefined, problem)),
    )
  }
  return {
    serviceName: fill(loaded.service.serviceName, 'service_name', defaults.serviceName),
    processName: fill(loaded.service.processName, 'process_name', defaults.processName),
  }
}

function resolve(
  config: CompleteConfig,
  loaded: LoadedConfig,
  found: Names & Pick<Config, 'withoutEffect'>,
): Config {
  const { default: written, ...apis } = config.apis
  // completeConfig adds it, and its transports, where they are not written.
  const defaultApi = resolveApi(written as CompleteApiConfig)
  const named = Object.entries(apis).map(([name, api]) => [name, resolveApi(api, defaultApi)] as const)
  const { ttl, on_conflict: onConflict, on_breaking_change: onBreakingChange, transport } = config.bus.schema
  const { claim_check: claimCheck } = config.bus
  const plugins = Object.entries(config.plugins).filter(([, plugin]) => plugin.enabled)
  return deepFreeze({
    source: loaded.source,
    ...found,
    logLevel: loaded.service.logLevel ?? config.bus.log_level,
    features: [...(loaded.service.features ?? defaults.features)],
    shutdownTimeoutMs: durationMs(config.bus.shutdown_timeout),
    startTimeoutMs: msOrUndefined(config.bus.start_timeout),
    carriedHeaders: [...config.bus.carried_headers],
    claimCheck: claimCheck && {
      aboveBytes: bytesOf(claimCheck.above),
      ttlMs: durationMs(claimCheck.ttl ?? defaults.claimCheckTtl),
    },
    schema: { ttlMs: msOrUndefined(ttl), onConflict, onBreakingChange, transport: choice(transport) },
    apis: frozenMap([...internalApis.map((name) => [name, unchecked(defaultApi)] as const), ...named]),
    defaultApi,
    listeners: frozenMap(
      Object.entries(config.listeners).map(([name, listener]) => [
        name,
        deepFreeze(resolveListener(listener)),
      ]),
    ),
    plugins: frozenMap(plugins.map(([name, plugin]) => [name, optionsOf(plugin)])),
  })
}

function optionsOf(plugin: WrittenPluginConfig): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(plugin).filter(([name]) => name !== 'enabled'))
}

/** An API whose messages are not checked when they come in. */
function unchecked(api: ApiConfig): ApiConfig {
  return deepFreeze({ ...api, validate: { ...api.validate, incoming: false } })
}

function msOrUndefined(duration: Duration | null): number | undefined {
  return duration === null ? undefined : durationMs(duration)
}

/** What an API leaves out of its transports it has from `byDefault`, as in Lightbus; everything else has its own default. */
function resolveApi(api: CompleteApiConfig, byDefault?: ApiConfig): ApiConfig {
  const { validate } = api
  return deepFreeze({
    rpcTimeoutMs: durationMs(api.rpc_timeout),
    validate: typeof validate === 'boolean' ? { outgoing: validate, incoming: validate } : validate,
    strictValidation: api.strict_validation,
    castValues: api.cast_values,
    onError: api.on_error,
    retry: resolveRetry(api.retry),
    calls: {
      ...(api.concurrency === undefined ? {} : { concurrency: api.concurrency }),
      ...(api.prefetch === undefined ? {} : { prefetch: api.prefetch }),
    },
    eventTransport: choice(api.event_transport, byDefault?.eventTransport),
    rpcTransport: choice(api.rpc_transport, byDefault?.rpcTransport),
    resultTransport: choice(api.result_transport, byDefault?.resultTransport),
  })
}

function choice(selector: TransportSelector | undefined, byDefault?: TransportChoice): TransportChoice {
  if (!selector && byDefault) return byDefault
  // The schema demands exactly one key.
  const [transport, options] = Object.entries(selector ?? {})[0] as [string, TransportChoice['options']]
  return { transport, options }
}
