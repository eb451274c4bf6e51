import type { ApiSchema } from '../api/api-schema.ts'
import type { Transport } from './transport.ts'

/** What a schema transport can do. */
export interface SchemaFeatures {
  /** A schema that is not stored again in time expires (C2, C3). */
  readonly ttl?: boolean
}

/**
 * Keeps the schemas of all APIs on the bus, each published by the API's owner, in a namespace of its own (C11). The bus loads them
 * again and again (C6), checks messages by them (C8), tells which changes break something (C9), and goes on with the last known
 * ones when the broker is away (C10).
 */
export interface SchemaTransport extends Transport {
  readonly features: SchemaFeatures
  /**
   * Publishes, whole or not at all (C4); again before `ttlMs` is over keeps it alive, never is permanent (C2). Tells which
   * other schema of the API was alive until then, so that two owners of different opinion are noticed (C5).
   */
  store(
    schema: ApiSchema,
    options: { readonly ttlMs: number | undefined },
  ): Promise<{ readonly replaced?: ApiSchema }>
  /** All schemas that are alive (C1, C3). A corrupt one is left out and reported (C7). */
  load(): Promise<readonly ApiSchema[]>
}
