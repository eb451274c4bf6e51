import type { TransportOptions } from '../contracts/transport-module.ts'
import type { Duration } from '../util/duration.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/** What a worker does: serve calls, handle events, run scheduled tasks. */
export type Feature = 'rpcs' | 'events' | 'tasks'

/** What happens to an event whose handler failed: again later, given up with a log line, or the process stops. */
export type OnError = 'retry' | 'acknowledge_and_log' | 'shutdown'

/** The configuration as users write it, in Lightbus' own keys. What the JSON Schema in `config-schema.ts` describes. */
export interface WrittenConfig {
  readonly service_name?: string | undefined
  readonly process_name?: string | undefined
  readonly bus?: WrittenBusConfig | undefined
  /** By API name; `default` stands for every API that is not named. */
  readonly apis?: Readonly<Record<string, WrittenApiConfig>> | undefined
  readonly plugins?: Readonly<Record<string, WrittenPluginConfig>> | undefined
}

/** What is done when another schema of an API is alive on the bus: go on and say so, refuse to start, or go on. */
export type OnConflict = 'warn' | 'error' | 'newest'

export interface WrittenBusConfig {
  readonly log_level?: LogLevel | undefined
  readonly shutdown_timeout?: Duration | undefined
  /** How long a start waits for a broker that is not there; null means for ever. */
  readonly start_timeout?: Duration | null | undefined
  readonly schema?: WrittenSchemaConfig | undefined
}

export interface WrittenSchemaConfig {
  /** How long a published schema outlives its service; null means for ever. */
  readonly ttl?: Duration | null | undefined
  readonly on_conflict?: OnConflict | undefined
  readonly transport?: TransportSelector | undefined
  readonly human_readable?: boolean | undefined
}

export interface WrittenApiConfig {
  readonly rpc_timeout?: Duration | undefined
  readonly validate?: boolean | WrittenValidation | undefined
  readonly strict_validation?: boolean | undefined
  readonly on_error?: OnError | undefined
  readonly event_transport?: TransportSelector | undefined
  readonly rpc_transport?: TransportSelector | undefined
  readonly result_transport?: TransportSelector | undefined
  readonly event_listener_setup_timeout?: Duration | undefined
  readonly event_fire_timeout?: Duration | undefined
  readonly cast_values?: boolean | undefined
}

export interface WrittenValidation {
  readonly outgoing?: boolean | undefined
  readonly incoming?: boolean | undefined
}

export interface WrittenPluginConfig {
  readonly enabled?: boolean | undefined
  readonly [option: string]: unknown
}

/** Exactly one key: the transport (`redis`, `memory`, a package or a ./path), with its options. */
export type TransportSelector = Readonly<Record<string, TransportOptions>>

/** What `createBus` and the command line may say about a service; stronger than the file and the environment. */
export interface ServiceOptions {
  /** A path, an `http(s)://` URL, or the configuration itself. */
  readonly config?: string | WrittenConfig | undefined
  readonly serviceName?: string | undefined
  readonly processName?: string | undefined
  readonly features?: readonly Feature[] | undefined
  readonly logLevel?: LogLevel | undefined
}

/** The configuration as code reads it: checked, complete and frozen. */
export interface Config {
  /** Where it came from, for messages; without credentials. */
  readonly source: string
  readonly serviceName: string
  readonly processName: string
  readonly logLevel: LogLevel
  readonly features: readonly Feature[]
  readonly shutdownTimeoutMs: number
  /** How long a start waits for a broker that is not there; undefined means for ever. */
  readonly startTimeoutMs: number | undefined
  readonly schema: SchemaConfig
  readonly apis: ReadonlyMap<string, ApiConfig>
  readonly defaultApi: ApiConfig
  /** The keys that mean something to Python services only, with their lines. */
  readonly withoutEffect: readonly string[]
  /** The names of the enabled plugins. */
  readonly plugins: readonly string[]
}

export interface SchemaConfig {
  /** How long a published schema outlives its service; undefined means for ever. */
  readonly ttlMs: number | undefined
  readonly onConflict: OnConflict
  readonly transport: TransportChoice
}

export interface ApiConfig {
  readonly rpcTimeoutMs: number
  readonly validate: { readonly outgoing: boolean; readonly incoming: boolean }
  /** Whether a message without a known schema is an error. */
  readonly strictValidation: boolean
  readonly onError: OnError
  readonly eventTransport: TransportChoice
  readonly rpcTransport: TransportChoice
  readonly resultTransport: TransportChoice
}

export interface TransportChoice {
  /** As written: `redis`, `memory`, a package or a ./path. */
  readonly transport: string
  /** Checked, defaults filled in. */
  readonly options: TransportOptions
}

/** The configuration of one API: its own, else the default one. Of the default one it has the transports that it leaves out, as in Lightbus. */
export function apiConfig(config: Config, apiName: string): ApiConfig {
  return config.apis.get(apiName) ?? config.defaultApi
}
