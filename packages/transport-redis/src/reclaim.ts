import { isWaiting } from './key-order.ts'
import { atOnce } from './slices.ts'
import type { StreamGroup } from './stream-group.ts'
import { nextId } from './stream-ids.ts'
import type { Pending } from './stream-replies.ts'
import type { Recovered } from './taken-over.ts'

export interface RecoverRequest {
  readonly source: StreamGroup
  /** Entries idle for less stay where they are. */
  readonly minIdleMs: number
  readonly pageSize: number
  /** Only what this process had, under its present name. */
  readonly onlyOwn?: boolean
  /** Whether an entry is in hand here. */
  readonly isHeld: (id: string) => boolean
  readonly take: (recovered: Recovered) => void
  /** Entries that were trimmed away before anybody handled them. */
  readonly onGone: (count: number) => void
}

/**
 * Takes over what is pending for too long: a walk from the first entry to the last that was pending when it came by, in steps of one page at
 * most. What there is no room for waits here for the next step.
 */
export class Recovery {
  readonly #request: RecoverRequest
  /** Whose entries are still to be looked at, one after the other; undefined stands for everybody's. */
  #owners: readonly (string | undefined)[]
  #from = '-'
  #free: readonly Pending[] = []

  constructor(request: RecoverRequest) {
    this.#request = request
    this.#owners = [request.onlyOwn ? request.source.consumer : undefined]
  }

  /** Takes so many at most. True at the end of the walk. */
  async step(room: number): Promise<boolean> {
    if (this.#free.length === 0 && this.#owners.length > 0) await this.#turnPage()
    const wanted = this.#free.slice(0, Math.max(0, Math.min(room, atOnce)))
    if (wanted.length > 0) await this.#takeOver(wanted)
    this.#free = this.#free.slice(wanted.length)
    return this.#free.length === 0 && this.#owners.length === 0
  }

  async #turnPage(): Promise<void> {
    const { source, pageSize, minIdleMs } = this.#request
    const [owner, ...others] = this.#owners
    const page = await source.pending(this.#from, pageSize, owner)
    const last = page.at(-1)
    if (!last || page.length < pageSize) {
      this.#owners = others
      this.#from = '-'
    } else this.#from = nextId(last.id)
    // There may be no end of what waits for its turn: only the others are looked through then.
    if (owner === undefined && page.length === pageSize && page.every(isWaiting)) {
      this.#owners = (await source.holders()).filter((one) => !isWaiting(one)).map(({ consumer }) => consumer)
      this.#from = '-'
    }
    const idle = page.filter((one) => one.idleMs >= minIdleMs && !isWaiting(one))
    const resting = idle.length > 0 ? await source.resting(idle.map(({ id }) => id)) : undefined
    this.#free = idle.filter(({ id }) => !resting?.has(id))
  }

  async #takeOver(wanted: readonly Pending[]): Promise<void> {
    const { source, minIdleMs, isHeld, take, onGone } = this.#request
    const ids = wanted.map(({ id }) => id).filter((id) => !isHeld(id))
    if (ids.length === 0) return
    const { taken, gone } = await source.claim(ids, { minIdleMs })
    for (const recovered of taken) take(recovered)
    if (gone > 0) onGone(gone)
  }
}
