import type { EventAddress, HistoryQuery, Since } from '@lightbus/core/transport'
import { SortedQueue } from './sorted-queue.ts'
import { comparedTo, placeOf, type StoredEvent } from './stored-event.ts'

/** The past of each API: what groups may start from, and what can be asked for (E8, E73). */
export class EventHistory {
  #pasts = new Map<string, SortedQueue<StoredEvent>>()

  add(stored: StoredEvent): void {
    const past = this.#pasts.get(stored.apiName) ?? new SortedQueue<StoredEvent>()
    this.#pasts.set(stored.apiName, past)
    past.add(stored)
  }

  /** Forgets the oldest beyond the length, and returns them. */
  trim(apiName: string, maxLength: number): readonly StoredEvent[] {
    const trimmed: StoredEvent[] = []
    const past = this.#pasts.get(apiName)
    while (past && past.length > maxLength) {
      const first = past.takeFirst()
      if (first) trimmed.push(first)
    }
    return trimmed
  }

  /** The events of these paths that a group that starts there has to hear. */
  since(apiName: string, paths: readonly string[], since: Since): readonly StoredEvent[] {
    if (since === 'new' || paths.length === 0) return []
    const all = this.#of(apiName, paths)
    if (since === 'beginning') return all
    const place = placeOf(since instanceof Date ? since : since.after)
    if (!place) return []
    return all.filter((stored) => comparedTo(place, stored) >= (since instanceof Date ? 0 : 1))
  }

  /** The events that a query asks for; none when it names a native id that is none. */
  find(address: EventAddress, query: HistoryQuery): readonly StoredEvent[] {
    const from = query.from === undefined ? { arrivedAtMs: -Infinity } : placeOf(query.from)
    const to = query.to === undefined ? { arrivedAtMs: Infinity } : placeOf(query.to)
    if (!from || !to) return []
    const least = query.exclusive ? 1 : 0
    const found = this.#of(address.apiName, [`${address.apiName}.${address.eventName}`]).filter(
      (stored) => comparedTo(from, stored) >= least && -comparedTo(to, stored) >= least,
    )
    return query.newestFirst ? found.reverse() : found
  }

  *all(): Iterable<StoredEvent> {
    for (const past of this.#pasts.values()) yield* past
  }

  clear(): void {
    this.#pasts.clear()
  }

  /** The returned function brings this moment back. */
  checkpoint(): () => void {
    const pasts = copyOf(this.#pasts)
    return () => (this.#pasts = copyOf(pasts))
  }

  #of(apiName: string, paths: readonly string[]): StoredEvent[] {
    return [...(this.#pasts.get(apiName) ?? [])].filter(
      (stored) => paths.includes(stored.path) && stored.text !== undefined,
    )
  }
}

function copyOf(pasts: ReadonlyMap<string, SortedQueue<StoredEvent>>): Map<string, SortedQueue<StoredEvent>> {
  return new Map([...pasts].map(([apiName, past]) => [apiName, new SortedQueue(past)]))
}
