import type { TransportOptions } from '../contracts/transport-module.ts'
import type { Duration } from '../util/duration.ts'
import type { ByteSize } from '../util/byte-size.ts'
import type {
  ListenerOptions,
  OnError,
  RetryOptions,
  WrittenListenerConfig,
  WrittenRetry,
} from './listener-config.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/** What a worker does: serve calls, handle events, run scheduled tasks. */
export type Feature = 'rpcs' | 'events' | 'tasks'

/** The configuration as users write it, in Lightbus' own keys. What the JSON Schema in `config-schema.ts` describes. */
export interface WrittenConfig {
  readonly service_name?: string | undefined
  readonly process_name?: string | undefined
  readonly bus?: WrittenBusConfig | undefined
  /** By API name; `default` stands for every API that is not named. */
  readonly apis?: Readonly<Record<string, WrittenApiConfig>> | undefined
  /** By listener name. */
  readonly listeners?: Readonly<Record<string, WrittenListenerConfig>> | undefined
  readonly plugins?: Readonly<Record<string, WrittenPluginConfig>> | undefined
}

/** What is done when another schema of an API is alive on the bus: go on and say so, refuse to start, or go on. */
export type OnConflict = 'warn' | 'error' | 'newest'

/** What a start does when its schema breaks those who know the one that is alive: go on and say so, refuse to start, or go on. */
export type OnBreakingChange = 'warn' | 'error' | 'ignore'

export interface WrittenBusConfig {
  readonly log_level?: LogLevel | undefined
  readonly shutdown_timeout?: Duration | undefined
  /** How long a start waits for a broker that is not there; null means for ever. */
  readonly start_timeout?: Duration | null | undefined
  /** Headers that go from a message to what is fired and called while it is handled. */
  readonly carried_headers?: readonly string[] | undefined
  readonly claim_check?: WrittenClaimCheck | undefined
  readonly schema?: WrittenSchemaConfig | undefined
}

/** Where the parameters of large events are kept beside the stream. */
export interface WrittenClaimCheck {
  /** The size of the parameters in bytes from which on. */
  readonly above: ByteSize
  readonly ttl?: Duration | undefined
}

export interface WrittenSchemaConfig {
  /** How long a published schema outlives its service; null means for ever. */
  readonly ttl?: Duration | null | undefined
  readonly on_conflict?: OnConflict | undefined
  readonly on_breaking_change?: OnBreakingChange | undefined
  readonly transport?: TransportSelector | undefined
  readonly human_readable?: boolean | undefined
}

export interface WrittenApiConfig {
  readonly rpc_timeout?: Duration | undefined
  readonly validate?: boolean | WrittenValidation | undefined
  readonly strict_validation?: boolean | undefined
  readonly on_error?: OnError | undefined
  readonly retry?: WrittenRetry | undefined
  readonly concurrency?: number | undefined
  readonly prefetch?: number | undefined
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
  readonly carriedHeaders: readonly string[]
  readonly claimCheck: ClaimCheckConfig | undefined
  readonly schema: SchemaConfig
  readonly apis: ReadonlyMap<string, ApiConfig>
  readonly defaultApi: ApiConfig
  /** The keys that mean something to Python services only, with their lines. */
  readonly withoutEffect: readonly string[]
  /** What the file says of listeners, by name, in the words of code. */
  readonly listeners: ReadonlyMap<string, ListenerOptions>
  /** The options of the enabled plugins, by name. */
  readonly plugins: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

export interface ClaimCheckConfig {
  readonly aboveBytes: number
  readonly ttlMs: number
}

export interface SchemaConfig {
  /** How long a published schema outlives its service; undefined means for ever. */
  readonly ttlMs: number | undefined
  readonly onConflict: OnConflict
  readonly onBreakingChange: OnBreakingChange
  readonly transport: TransportChoice
}

export interface ApiConfig {
  readonly rpcTimeoutMs: number
  readonly validate: { readonly outgoing: boolean; readonly incoming: boolean }
  /** Whether a message without a known schema is an error. */
  readonly strictValidation: boolean
  /** Whether values that come in become what the definition of this process says: dates and the like. */
  readonly castValues: boolean
  readonly onError: OnError
  readonly retry: RetryOptions
  /** How many calls a process executes at a time, and how many it may hold; no limit of their own unless given. */
  readonly calls: { readonly concurrency?: number; readonly prefetch?: number }
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
