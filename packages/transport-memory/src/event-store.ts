import type { EventMessage } from '@lightbus/core/transport'
import { EventGroup } from './event-group.ts'
import { SortedQueue } from './sorted-queue.ts'
import type { StoredEvent } from './stored-event.ts'
import type { Timers } from './timers.ts'

/** Where a group that hears an event for the first time starts. */
export type Since = 'new' | 'beginning' | Date

/** The events of a broker: the past of each API, and the groups with what they have not handled yet. */
export class EventStore {
  readonly groups = new Map<string, EventGroup>()
  readonly #timers: Timers
  readonly #pasts = new Map<string, SortedQueue<StoredEvent>>()
  #lastSequence = 0

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Adds an event to the past of its API and to every group that hears it, and hands it to whoever waits. */
  append(event: EventMessage, text: string, arrivedAt: number, maxPast: number): void {
    const { apiName, eventName } = event
    const path = `${apiName}.${eventName}`
    const stored: StoredEvent = { sequence: ++this.#lastSequence, arrivedAt, apiName, path, text }
    this.#remember(stored, maxPast)
    for (const group of this.groups.values()) group.add(stored)
  }

  /** The group, hearing these events from now on. What it hears already it goes on hearing from where it is (E9). */
  join(name: string, paths: ReadonlyMap<string, string>, since: Since): EventGroup {
    const group = this.groups.get(name) ?? new EventGroup(name, this.#timers)
    this.groups.set(name, group)
    for (const [path, apiName] of paths) if (group.hear(path)) this.#replay(group, apiName, path, since)
    return group
  }

  #remember(stored: StoredEvent, maxPast: number): void {
    const past = this.#pasts.get(stored.apiName) ?? new SortedQueue<StoredEvent>()
    this.#pasts.set(stored.apiName, past)
    past.add(stored)
    while (past.length > maxPast) past.dropFirst()
  }

  #replay(group: EventGroup, apiName: string, path: string, since: Since): void {
    if (since === 'new') return
    const from = since === 'beginning' ? 0 : since.getTime()
    for (const stored of this.#pasts.get(apiName) ?? [])
      if (stored.path === path && stored.arrivedAt >= from) group.add(stored)
  }
}
