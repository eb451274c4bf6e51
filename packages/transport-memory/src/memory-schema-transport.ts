import { isDeepStrictEqual } from 'node:util'
import type {
  ApiSchema,
  Health,
  Risk,
  SchemaFeatures,
  SchemaTransport,
  TransportContext,
} from '@lightbus/core/transport'
import { Link } from './link.ts'
import type { MemoryOptions } from './options.ts'
import { memoryRisks } from './risks.ts'

/** The schemas of this process' APIs. */
export class MemorySchemaTransport implements SchemaTransport {
  readonly name = 'memory'
  readonly features: SchemaFeatures = { ttl: true }
  readonly #context: TransportContext
  readonly #link: Link

  constructor(options: MemoryOptions, context: TransportContext) {
    this.#context = context
    this.#link = new Link(options, context)
  }

  get address(): string {
    return this.#link.address
  }

  open(): Promise<void> {
    return this.#link.open()
  }

  async store(
    schema: ApiSchema,
    options: { readonly ttlMs: number | undefined },
  ): Promise<{ readonly replaced?: ApiSchema }> {
    const text = JSON.stringify(schema)
    const before = await this.#link.carry(({ schemas }) => {
      const alive = schemas.get(schema.apiName)
      schemas.put(schema.apiName, text, options.ttlMs)
      return alive
    })
    const replaced = before === undefined ? undefined : schemaIn(before, schema.apiName)
    return replaced && !isDeepStrictEqual(replaced, JSON.parse(text)) ? { replaced } : {}
  }

  async load(): Promise<readonly ApiSchema[]> {
    const stored = await this.#link.carry(({ schemas }) =>
      schemas.names().map((apiName) => ({ apiName, text: schemas.get(apiName) ?? '' })),
    )
    return stored.flatMap(({ apiName, text }) => {
      const schema = schemaIn(text, apiName)
      if (!schema) this.#reportCorrupt(apiName)
      return schema ?? []
    })
  }

  async health(): Promise<Health> {
    return this.#link.health()
  }

  risks(): Promise<readonly Risk[]> {
    return this.#link.carry(() => memoryRisks)
  }

  async close(): Promise<void> {
    this.#link.close()
  }

  #reportCorrupt(apiName: string): void {
    const message = `The stored schema of the API "${apiName}" cannot be read, and is left out.`
    this.#context.report({ type: 'unreadable', transport: this.name, message })
  }
}

/** The schema of this API, if that is what the text holds. */
function schemaIn(text: string, apiName: string): ApiSchema | undefined {
  try {
    const schema = JSON.parse(text) as Partial<ApiSchema> | null
    const isWhole = schema?.apiName === apiName && isObject(schema.events) && isObject(schema.rpcs)
    return isWhole ? (schema as ApiSchema) : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
