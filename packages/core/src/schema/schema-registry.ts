import type { ApiRegistry } from '../api/api-registry.ts'
import type { ApiSchema } from '../api/api-schema.ts'

/** Every schema that this process knows: its own definitions first, then what the bus has published. Does no I/O. */
export class SchemaRegistry {
  readonly #apis: ApiRegistry
  #remote: ReadonlyMap<string, ApiSchema> = new Map()

  constructor(apis: ApiRegistry) {
    this.#apis = apis
  }

  get(apiName: string): ApiSchema | undefined {
    return this.#apis.get(apiName)?.schema ?? this.#remote.get(apiName)
  }

  names(): readonly string[] {
    return [...new Set([...this.#apis.all().map(({ name }) => name), ...this.#remote.keys()])]
  }

  /** Takes over what the bus has published. */
  mirror(schemas: readonly ApiSchema[]): void {
    this.#remote = new Map(schemas.map((schema) => [schema.apiName, schema]))
  }
}
