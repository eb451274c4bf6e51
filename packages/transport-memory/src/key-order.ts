import { SortedQueue } from './sorted-queue.ts'
import type { GroupEvent } from './group-event.ts'

interface Turn {
  /** The one that may be handed over, is in hand, or rests. */
  current: GroupEvent
  readonly behind: SortedQueue<GroupEvent>
}

/** Lets one event of each key ahead at a time, so that the order of a key holds over all members (E51, E52). A key belongs to an API. */
export class KeyOrder {
  readonly #turns = new Map<string, Turn>()

  /** Whether the event may go ahead. If not it waits until those before it have left. */
  enter(event: GroupEvent): boolean {
    const key = keyOf(event)
    if (key === undefined) return true
    const turn = this.#turns.get(key)
    if (!turn) this.#turns.set(key, { current: event, behind: new SortedQueue() })
    else if (turn.current !== event) turn.behind.add(event)
    return !turn || turn.current === event
  }

  /** The event is done with. Returns the one that may go ahead now. */
  leave(event: GroupEvent): GroupEvent | undefined {
    const key = keyOf(event)
    const turn = key === undefined ? undefined : this.#turns.get(key)
    if (key === undefined || !turn) return undefined
    if (turn.current !== event) {
      turn.behind.remove(event)
      return undefined
    }
    const next = turn.behind.takeFirst()
    if (next) turn.current = next
    else this.#turns.delete(key)
    return next
  }

  clear(): void {
    this.#turns.clear()
  }
}

function keyOf({ stored }: GroupEvent): string | undefined {
  return stored.key === undefined ? undefined : `${stored.apiName} ${stored.key}`
}
