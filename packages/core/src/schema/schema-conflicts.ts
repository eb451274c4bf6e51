import { isDeepStrictEqual } from 'node:util'
import type { ApiSchema } from '../api/api-schema.ts'
import type { Log } from '../contracts/log.ts'

/** Tells of owners of an API that publish different schemas, once for each change. */
export class SchemaConflicts {
  readonly #log: Log
  readonly #level: 'warn' | 'debug'
  readonly #others = new Map<string, ApiSchema>()

  constructor(log: Log, level: 'warn' | 'debug') {
    this.#log = log
    this.#level = level
  }

  /** `replaced` is the other schema that was published until now, if there was one. */
  note(api: string, replaced: ApiSchema | undefined): void {
    const known = this.#others.get(api)
    if (!replaced) this.#others.delete(api)
    if (!replaced || isDeepStrictEqual(known, replaced)) return
    this.#others.set(api, replaced)
    this.#log[this.#level](
      { api },
      `The API "${api}" was published with another schema; the one of this process takes its place`,
    )
  }

  /** What the schema that takes the other's place breaks, a sentence each. */
  noteBreaking(api: string, changes: readonly string[]): void {
    this.#log.warn(
      { api, changes },
      `The API "${api}" has changed in a way that breaks those who know the schema that it was published with`,
    )
  }
}
