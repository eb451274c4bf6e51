import { isDeepStrictEqual } from 'node:util'
import type { ApiRegistry } from '../api/api-registry.ts'
import type { ApiSchema } from '../api/api-schema.ts'
import type { Api } from '../api/define-api.ts'

/** Every schema that this process knows: its own definitions first, then what the bus has published, then local files. Does no I/O. */
export class SchemaRegistry {
  readonly #apis: ApiRegistry
  readonly #local = new Map<string, ApiSchema>()
  #remote: ReadonlyMap<string, ApiSchema> = new Map()

  constructor(apis: ApiRegistry) {
    this.#apis = apis
  }

  get(apiName: string): ApiSchema | undefined {
    return this.#apis.get(apiName)?.schema ?? this.#remote.get(apiName) ?? this.#local.get(apiName)
  }

  /** The API as it is defined here, if it is. */
  definition(apiName: string): Api | undefined {
    return this.#apis.get(apiName)
  }

  names(): readonly string[] {
    return [
      ...new Set([
        ...this.#apis.all().map(({ name }) => name),
        ...this.#remote.keys(),
        ...this.#local.keys(),
      ]),
    ]
  }

  /** Knows these as well, where neither a definition nor the bus has one. */
  addLocal(schemas: readonly ApiSchema[]): void {
    for (const schema of schemas) this.#local.set(schema.apiName, schema)
  }

  /** Takes over what the bus has published. What has not changed stays the same object, so that it is compiled once. */
  mirror(schemas: readonly ApiSchema[]): void {
    const known = this.#remote
    this.#remote = new Map(
      schemas.map((schema) => {
        const before = known.get(schema.apiName)
        return [schema.apiName, before && isSame(before, schema) ? before : schema]
      }),
    )
  }
}

// One that is too deep to be compared is none that is worth keeping.
function isSame(one: ApiSchema, other: ApiSchema): boolean {
  try {
    return isDeepStrictEqual(one, other)
  } catch {
    return false
  }
}
