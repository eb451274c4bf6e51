import type { ApiSchema, SchemaTransport, TransportContext } from '@lightbus/core/transport'
import { BrokerHold } from './broker-hold.ts'
import type { MemoryOptions } from './options.ts'

/** The schemas of this process' APIs. */
export class MemorySchemaTransport implements SchemaTransport {
  readonly name = 'memory'
  readonly #context: TransportContext
  readonly #hold: BrokerHold

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#context = context
    this.#hold = new BrokerHold(options.namespace)
  }

  get address(): string {
    return this.#hold.address
  }

  async open(): Promise<void> {
    this.#hold.open()
  }

  async store(schema: ApiSchema, options: { readonly ttlMs: number | undefined }): Promise<void> {
    const { clock } = this.#context
    const expiresAt = clock.now() + (options.ttlMs ?? Infinity)
    this.#hold.broker.schemas.set(schema.apiName, {
      text: JSON.stringify(schema),
      isAlive: () => clock.now() < expiresAt,
    })
  }

  async load(): Promise<readonly ApiSchema[]> {
    const { schemas } = this.#hold.broker
    for (const [apiName, stored] of schemas) if (!stored.isAlive()) schemas.delete(apiName)
    return [...schemas.values()].map(({ text }) => JSON.parse(text) as ApiSchema)
  }

  async close(): Promise<void> {
    this.#hold.close()
  }
}
