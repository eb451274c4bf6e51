import type { EventTransport } from './event-transport.ts'
import type { ResultTransport } from './result-transport.ts'
import type { RpcTransport } from './rpc-transport.ts'
import type { SchemaTransport } from './schema-transport.ts'
import type { TransportContext } from './transport.ts'

/**
 * What a transport package exports, as `transportModule` or by default. Transports of one bus that want to share
 * something (a connection, say) find each other by the context, which is the same object for all of them.
 */
export interface TransportModule {
  readonly name: string
  readonly event?: TransportFactory<EventTransport>
  readonly rpc?: TransportFactory<RpcTransport>
  readonly result?: TransportFactory<ResultTransport>
  readonly schema?: TransportFactory<SchemaTransport>
}

/** The four kinds of transport. */
export type TransportKind = 'event' | 'rpc' | 'result' | 'schema'

export interface TransportFactory<T> {
  /**
   * JSON Schema of the options, defaults included: what the configuration is checked against and documented from (L16). A property
   * with `withoutEffect: true` is accepted, and named in a warning.
   */
  readonly optionsSchema: OptionsSchema
  /**
   * Makes the transport from options that fit the schema, defaults filled in. Opens nothing. Options that place it in different
   * namespaces make transports that never see each other (L17); a client that is passed in stays the caller's to close (L13).
   */
  create(options: TransportOptions, context: TransportContext): T
}

export type TransportOptions = Readonly<Record<string, unknown>>

export interface OptionsSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
  readonly additionalProperties: false
  readonly required?: readonly string[]
}
