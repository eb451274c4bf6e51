import type { ApiRegistry } from '../api/api-registry.ts'
import type { Log } from '../contracts/log.ts'
import type { SchemaTransport } from '../contracts/schema-transport.ts'
import { classifySchemaChange } from '../api/schema-changes.ts'
import type { ApiSchema } from '../api/api-schema.ts'
import type { Api } from '../api/define-api.ts'
import { schemaConflict } from '../errors/catalogue.ts'
import { schemaBreaking } from '../errors/schema-errors.ts'
import type { Clock } from '../util/clock.ts'
import { SchemaConflicts } from './schema-conflicts.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface SchemaKeeperParts {
  readonly apis: ApiRegistry
  readonly schemas: SchemaRegistry
  readonly clock: Clock
  readonly log: Log
  readonly ttlMs: number | undefined
  /** What a conflict at the start means: a line that says so, an error, or nothing. */
  readonly onConflict: 'warn' | 'error' | 'newest'
  /** The same for a schema that breaks those who know the one that is alive at the start. */
  readonly onBreakingChange: 'warn' | 'error' | 'ignore'
}

/** Publishes the schemas of the APIs that this process owns, keeps them alive, and mirrors everybody else's. */
export class SchemaKeeper {
  readonly #parts: SchemaKeeperParts
  readonly #conflicts: SchemaConflicts
  #cancel: (() => void) | undefined

  constructor(parts: SchemaKeeperParts) {
    this.#parts = parts
    this.#conflicts = new SchemaConflicts(parts.log, parts.onConflict === 'newest' ? 'debug' : 'warn')
  }

  /**
   * Stores ours and loads the others', now and again whenever 0.8 of the time to live has passed, as Lightbus does. Rejects with
   * `BUS_SCHEMA_CONFLICT` or `BUS_SCHEMA_BREAKING`, and leaves the other schema in its place, when there is one and that is to be an error.
   */
  async start(transport: SchemaTransport): Promise<void> {
    await this.#storeAllFirst(transport)
    await this.mirror(transport)
    this.#again(transport)
  }

  /** Stops refreshing. What was published expires by itself, unless another owner keeps it alive. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Whether an API is defined here or published on the bus. */
  knows(apiName: string): boolean {
    return this.#parts.schemas.get(apiName) !== undefined
  }

  /** Takes over what is published at this moment. */
  async mirror(transport: SchemaTransport): Promise<void> {
    this.#parts.schemas.mirror(await transport.load())
  }

  async #exchange(transport: SchemaTransport): Promise<void> {
    await this.#store(transport)
    await this.mirror(transport)
  }

  async #store(transport: SchemaTransport): Promise<void> {
    const { apis, ttlMs } = this.#parts
    const storing = apis.owned().map(async ({ name, schema }) => {
      const { replaced } = await transport.store(schema, { ttlMs })
      this.#conflicts.note(name, replaced)
    })
    await Promise.all(storing)
  }

  // One after the other where one may be refused, so that no other is stored any more.
  async #storeAllFirst(transport: SchemaTransport): Promise<void> {
    const { apis, onConflict, onBreakingChange } = this.#parts
    const store = ({ schema }: Api): Promise<void> => this.#storeFirst(transport, schema)
    if (onConflict === 'error' || onBreakingChange === 'error')
      for (const api of apis.owned()) await store(api)
    else await Promise.all(apis.owned().map(store))
  }

  async #storeFirst(transport: SchemaTransport, schema: ApiSchema): Promise<void> {
    const { onConflict, onBreakingChange, ttlMs } = this.#parts
    const api = schema.apiName
    const { replaced } = await transport.store(schema, { ttlMs })
    const changes = replaced && onBreakingChange !== 'ignore' ? breakingChanges(replaced, schema) : []
    if (replaced && (onConflict === 'error' || (onBreakingChange === 'error' && changes.length > 0))) {
      await transport.store(replaced, { ttlMs })
      throw onConflict === 'error' ? schemaConflict({ api }) : schemaBreaking({ api, changes })
    }
    this.#conflicts.note(api, replaced)
    if (changes.length > 0) this.#conflicts.noteBreaking(api, changes)
  }

  #again(transport: SchemaTransport): void {
    const { clock, log, ttlMs } = this.#parts
    this.#cancel = clock.after((ttlMs ?? permanentRefreshMs) * 0.8, () => {
      const scheduled = this.#cancel
      this.#exchange(transport)
        // The last known schemas stay in use; the next round tries again.
        .catch((error: unknown) => log.warn({ err: error }, 'Schemas could not be refreshed'))
        .finally(() => {
          if (this.#cancel === scheduled) this.#again(transport)
        })
    })
  }
}

// Schemas that never expire are still mirrored, as often as those with Lightbus' usual time to live.
const permanentRefreshMs = 60_000

function breakingChanges(before: ApiSchema, after: ApiSchema): readonly string[] {
  return classifySchemaChange(before, after)
    .filter(({ kind }) => kind === 'breaking')
    .map(({ path, why }) => `${path}: ${why}`)
}
