import { apiDuplicate } from '../errors/catalogue.ts'
import type { Api } from './define-api.ts'

/** The APIs that this process knows by definition, and those that it serves and so is authoritative for. */
export class ApiRegistry {
  readonly #apis: ReadonlyMap<string, Api>
  readonly #served = new Set<string>()

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

  isServed(apiName: string): boolean {
    return this.#served.has(apiName)
  }

  served(): readonly Api[] {
    return this.all().filter(({ name }) => this.#served.has(name))
  }
}
