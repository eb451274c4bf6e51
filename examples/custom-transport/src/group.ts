import type { DeadLetterReason, EventAddress, EventMessage, Since } from '@lightbus/core/transport'
import { appendLine, readLines } from './lines.ts'

/** A line of an API's file; without an event when it cannot be read as one. */
export interface StoredEvent {
  readonly nativeId: string
  readonly apiName: string
  readonly index: number
  readonly sentAtMs: number
  readonly event: EventMessage | undefined
}

/** An event that waits for a member of the group, or is in the hands of one. */
export interface Unsettled {
  readonly stored: StoredEvent
  attempts: number
  isHeld: boolean
}

type Start = EventAddress & { readonly start: number }
type Line = Start | { readonly settled: string; readonly reason?: DeadLetterReason | undefined }

/** Those who share events. A line of its file tells where it has started or what it has settled, so it goes on from there. */
export class Group {
  readonly members = new Set<object>()
  /** In the order of sending. */
  readonly unsettled = new Set<Unsettled>()
  readonly #path: string
  readonly #eventsOf: (apiName: string) => readonly StoredEvent[]
  readonly #starts: Start[] = []
  /** The native ids of what is settled or among the unsettled. */
  readonly #known = new Set<string>()

  constructor(path: string, eventsOf: (apiName: string) => readonly StoredEvent[]) {
    this.#path = path
    this.#eventsOf = eventsOf
    for (const line of readLines(path) as (Line | undefined)[])
      if (line && 'settled' in line) this.#known.add(line.settled)
      else if (line) this.#starts.push(line)
    this.#takeIn(this.#starts)
  }

  /** Hears these events too, from `since` on; those that it hears already go on where they were. */
  join(addresses: readonly EventAddress[], since: Since): void {
    for (const { apiName, eventName } of addresses) {
      if (this.#starts.some((each) => each.apiName === apiName && each.eventName === eventName)) continue
      const start = { apiName, eventName, start: indexOf(this.#eventsOf(apiName), since) }
      appendLine(this.#path, start satisfies Line)
      this.#starts.push(start)
    }
    this.#takeIn(addresses)
  }

  /** Takes the event in if it is for this group, once. */
  offer(stored: StoredEvent): void {
    const heard = this.#starts.filter(({ start }) => stored.index >= start)
    if (!isFor(stored, heard) || this.#known.has(stored.nativeId)) return
    this.#known.add(stored.nativeId)
    this.unsettled.add({ stored, attempts: 0, isHeld: false })
  }

  /** Hands over the oldest event that is for one of these addresses. */
  take(addresses: readonly EventAddress[]): Unsettled | undefined {
    for (const event of this.unsettled) {
      if (event.isHeld || !isFor(event.stored, addresses)) continue
      event.isHeld = true
      event.attempts++
      return event
    }
    return undefined
  }

  /** For good; with the reason if it was given up. */
  settle(event: Unsettled, reason?: DeadLetterReason): void {
    appendLine(this.#path, { settled: event.stored.nativeId, reason } satisfies Line)
    this.unsettled.delete(event)
  }

  #takeIn(addresses: readonly EventAddress[]): void {
    for (const apiName of new Set(addresses.map((each) => each.apiName)))
      for (const stored of this.#eventsOf(apiName)) this.offer(stored)
  }
}

/** A line that cannot be read is for all who hear something of its API. */
export function isFor({ apiName, event }: StoredEvent, addresses: readonly EventAddress[]): boolean {
  return addresses.some((each) => each.apiName === apiName && (!event || each.eventName === event.eventName))
}

function indexOf(events: readonly StoredEvent[], since: Since): number {
  if (since === 'new') return events.length
  if (since === 'beginning') return 0
  const isPast = ({ sentAtMs, nativeId }: StoredEvent): boolean =>
    since instanceof Date ? sentAtMs < since.getTime() : nativeId === since.after
  return events.findLastIndex(isPast) + 1
}
