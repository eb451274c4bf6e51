import type { ApiSchema } from '../api/api-schema.ts'
import type { Transport } from './transport.ts'

/** Keeps the schemas of all APIs on the bus, each published by the API's owner. */
export interface SchemaTransport extends Transport {
  /** Publishes, whole or not at all (C4); again before `ttlMs` is over keeps it alive, never is permanent (C2). */
  store(schema: ApiSchema, options: { readonly ttlMs: number | undefined }): Promise<void>
  /** All schemas that are alive (C1, C3). A corrupt one is left out and reported (C7). */
  load(): Promise<readonly ApiSchema[]>
}
