import type { DeadLetterReason, EventAddress, EventMessage, Since } from '@lightbus/core/transport'
import { appendLine, readLines } from './lines.ts'

/** A line of an API's file; without an event when it cannot be read as one. */
export interface StoredEvent {
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

interface Start extends EventAddress {
  readonly start: number
}

/** Those who share events. Its file tells where it has started and what it has settled, so that it goes on from there. */
export class Group {
  /** In the order of sending. */
  readonly unsettled = new Set<Unsettled>()
  readonly members = new Set<object>()
  readonly #path: string
  readonly #eventsOf: (apiName: string) => readonly StoredEvent[]
  readonly #starts: Start[] = []
  /** What is settled or among the unsettled, by native id. */
  readonly #known = new Set<string>()

  constructor(path: string, eventsOf: (apiName: string) => readonly StoredEvent[]) {
    this.#path = path
    this.#eventsOf = eventsOf
    for (const line of readLines(path) as ({ readonly settled: string } | Start | undefined)[]) {
      if (line && 'settled' in line) this.#known.add(line.settled)
      else if (line) this.#starts.push(line)
    }
    this.#takeIn(this.#starts)
  }

  /** Hears these events too, from `since` on; those that it hears already go on where they were. */
  join(addresses: readonly EventAddress[], since: Since): void {
    const added = addresses.filter((each) => !this.#starts.some((start) => isSame(start, each)))
    for (const address of added) {
      const start = { ...address, start: indexOf(this.#eventsOf(address.apiName), since) }
      appendLine(this.#path, start)
      this.#starts.push(start)
    }
    this.#takeIn(added)
  }

  /** Takes the event in if it is for this group, once. */
  offer(stored: StoredEvent): void {
    const heard = this.#starts.filter(({ start }) => stored.index >= start)
    if (!isFor(stored, heard) || this.#known.has(nativeId(stored))) return
    this.#known.add(nativeId(stored))
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
    appendLine(this.#path, { settled: nativeId(event.stored), reason })
    this.unsettled.delete(event)
  }

  #takeIn(addresses: readonly EventAddress[]): void {
    for (const apiName of new Set(addresses.map((each) => each.apiName)))
      for (const stored of this.#eventsOf(apiName)) this.offer(stored)
  }
}

export function nativeId({ apiName, index }: StoredEvent): string {
  return `${apiName}:${index}`
}

/** A line that cannot be read is for all who hear something of its API. */
export function isFor({ apiName, event }: StoredEvent, addresses: readonly EventAddress[]): boolean {
  return addresses.some((each) => each.apiName === apiName && (!event || each.eventName === event.eventName))
}

function isSame(a: EventAddress, b: EventAddress): boolean {
  return a.apiName === b.apiName && a.eventName === b.eventName
}

function indexOf(events: readonly StoredEvent[], since: Since): number {
  if (since === 'new') return events.length
  if (since === 'beginning') return 0
  const isPast = (stored: StoredEvent): boolean =>
    since instanceof Date ? stored.sentAtMs < since.getTime() : nativeId(stored) === since.after
  return events.findLastIndex(isPast) + 1
}
