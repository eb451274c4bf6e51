import type { EventAddress } from '@lightbus/core/transport'

/** The events that a member hears, by API. The APIs take turns, so that a busy one does not starve a quiet one (E82). */
export class Hearing {
  /** `api.event`, each once. */
  readonly paths: ReadonlySet<string>
  readonly apiNames: ReadonlySet<string>
  /** The paths of each API; whichever had its turn last is at the end. */
  readonly #turns = new Map<string, readonly string[]>()

  constructor(addresses: readonly EventAddress[]) {
    for (const { apiName, eventName } of addresses)
      this.#turns.set(apiName, [...(this.#turns.get(apiName) ?? []), `${apiName}.${eventName}`])
    this.apiNames = new Set(this.#turns.keys())
    this.paths = new Set([...this.#turns.values()].flat())
  }

  /** What `find` finds on the paths of one API, asked for one API after the other. */
  inTurn<T>(find: (paths: readonly string[]) => T | undefined): T | undefined {
    for (const [apiName, paths] of this.#turns) {
      const found = find(paths)
      if (found === undefined) continue
      this.#turns.delete(apiName)
      this.#turns.set(apiName, paths)
      return found
    }
    return undefined
  }
}
