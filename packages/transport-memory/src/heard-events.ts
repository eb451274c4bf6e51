import type { GroupStanding } from '@lightbus/core/transport'
import { GroupEvent } from './group-event.ts'
import { SortedQueue } from './sorted-queue.ts'

/** What can become of an event in a group. */
export type Fate = 'acknowledged' | 'deadLettered' | 'expired' | 'trimmed'

/** How many events met with which fate. */
export type Counts = Readonly<Record<Fate, number>>

/** One of the events that a group hears: what is ready of it, what is not settled, what became of the rest. */
export interface HeardEvent {
  readonly ready: SortedQueue<GroupEvent>
  /** By sequence. */
  readonly unsettled: Map<number, GroupEvent>
  readonly counts: Record<Fate, number>
}

/** What a group had at some moment. */
export interface GroupSnapshot {
  readonly counts: ReadonlyMap<string, Counts>
  readonly unsettled: readonly GroupEvent[]
}

const none: Counts = { acknowledged: 0, deadLettered: 0, expired: 0, trimmed: 0 }

/** All that a group hears, by path, and what it has of it. */
export class HeardEvents {
  readonly #heard = new Map<string, HeardEvent>()

  /** False if it is heard already. */
  hear(path: string, counts: Counts = none): boolean {
    if (this.#heard.has(path)) return false
    this.#heard.set(path, { ready: new SortedQueue(), unsettled: new Map(), counts: { ...counts } })
    return true
  }

  of(path: string): HeardEvent | undefined {
    return this.#heard.get(path)
  }

  /** Takes the oldest event of these paths that is ready. */
  takeOldest(paths: readonly string[]): GroupEvent | undefined {
    let oldest: HeardEvent | undefined
    let least = Infinity
    for (const path of paths) {
      const heard = this.#heard.get(path)
      const sequence = heard?.ready.first?.sequence ?? Infinity
      if (sequence >= least) continue
      oldest = heard
      least = sequence
    }
    return oldest?.ready.takeFirst()
  }

  standing(paths: Iterable<string>): GroupStanding {
    let [lag, pending] = [0, 0]
    const counts = { ...none }
    for (const path of paths) {
      const heard = this.#heard.get(path)
      if (!heard) continue
      const begun = [...heard.unsettled.values()].filter(({ attempts }) => attempts > 0).length
      pending += begun
      lag += heard.unsettled.size - begun
      for (const fate of Object.keys(counts) as Fate[]) counts[fate] += heard.counts[fate]
    }
    return { lag, pending, counts }
  }

  /** Whether everything of these paths is settled. */
  isDrained(paths: Iterable<string>): boolean {
    for (const path of paths) if (this.#heard.get(path)?.unsettled.size) return false
    return true
  }

  *unsettled(): Iterable<GroupEvent> {
    for (const { unsettled } of this.#heard.values()) yield* unsettled.values()
  }

  /** What is heard now as it was then; what was not heard then as it is now. */
  snapshot(then?: GroupSnapshot): GroupSnapshot {
    const isOfNow = (path: string): boolean => !then?.counts.has(path)
    const now = [...this.unsettled()].filter(({ stored }) => isOfNow(stored.path))
    const counts = [...this.#heard].map(([path, heard]) => [path, { ...heard.counts }] as const)
    return {
      counts: new Map([...counts, ...(then?.counts ?? [])]),
      unsettled: [...now.map(copyOf), ...(then?.unsettled ?? [])].sort((a, b) => a.sequence - b.sequence),
    }
  }

  clear(): void {
    for (const event of this.unsettled()) event.stopRest?.()
    this.#heard.clear()
  }
}

// Copied, since the original goes on.
function copyOf({ stored, attempts, restsUntilMs }: GroupEvent): GroupEvent {
  return new GroupEvent(stored, attempts, restsUntilMs)
}
