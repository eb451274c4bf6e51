import { apiDuplicate } from '../errors/catalogue.ts'
import type { Api } from './define-api.ts'

/** The APIs that this process knows by definition, and those that it owns: it is authoritative for what it serves, and for what its plugins fire. */
export class ApiRegistry {
  readonly #apis: Map<string, Api>
  readonly #served = new Set<string>()
  readonly #ofPlugins = new Set<string>()

  /** Throws `BUS_API_DUPLICATE`. */
  constructor(apis: readonly Api[]) {
    const byName = new Map<string, Api>()
    for (const api of apis) {
      if (byName.has(api.name)) throw apiDuplicate({ api: api.name })
      byName.set(api.name, api)
    }
    this.#apis = byName
  }

  get(apiName: string): Api | undefined {
    return this.#apis.get(apiName)
  }

  all(): readonly Api[] {
    return [...this.#apis.values()]
  }

  /** Makes this process authoritative for an API. */
  markServed(apiName: string): void {
    this.#served.add(apiName)
  }

  /** Adds the API of a plugin, for which this process is authoritative as well. Throws `BUS_API_DUPLICATE` when another one has its name. */
  addOfPlugin(api: Api): void {
    const known = this.#apis.get(api.name)
    if (known && known !== api) throw apiDuplicate({ api: api.name })
    this.#apis.set(api.name, api)
    this.#ofPlugins.add(api.name)
  }

  /** Whether this process is authoritative for an API. */
  isOwned(apiName: string): boolean {
    return this.#served.has(apiName) || this.#ofPlugins.has(apiName)
  }

  /** Those that this process is authoritative for: what it serves, and its plugins' own. */
  owned(): readonly Api[] {
    return this.all().filter(({ name }) => this.isOwned(name))
  }

  /** Those that the program itself serves. */
  served(): readonly Api[] {
    return this.all().filter(({ name }) => this.#served.has(name))
  }
}
