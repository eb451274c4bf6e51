import type {
  DeadLetterReason,
  EventAddress,
  GroupStanding,
  HistoryQuery,
  Since,
} from '@lightbus/core/transport'
import type { BrokerTime } from './broker-time.ts'
import { DeadLetterBox, type KeptLetter } from './dead-letter-box.ts'
import { DedupWindow } from './dedup-window.ts'
import { DelayedEvents } from './delayed-events.ts'
import { EventGroup, type GroupNames } from './event-group.ts'
import { EventHistory } from './event-history.ts'
import { readEvent } from './event-text.ts'
import type { Hold } from './group-member.ts'
import { HeardEvents } from './heard-events.ts'
import type { Hearing } from './hearing.ts'
import type { StoredEvent } from './stored-event.ts'

/** An event as it comes to the broker. */
export interface SentEvent extends EventAddress {
  readonly id: string
  readonly key: string | undefined
  readonly text: string
  readonly delayMs: number
  /** Infinity: it does not expire. */
  readonly ttlMs: number
  /** How much of its API's past is kept. */
  readonly limits: EventLimits
}

export interface EventLimits {
  /** Undefined: all of it. */
  readonly maxStreamLength: number | undefined
  /** Whether what is trimmed away is also lost to the groups that have not handled it (E70). */
  readonly retention: 'safe' | 'lossy'
  /** 0: nothing is recognized as sent before. */
  readonly dedupWindowMs: number
}

const noLimits: EventLimits = { maxStreamLength: undefined, retention: 'safe', dedupWindowMs: 0 }

/** The events of a broker: the past of each API, and the groups with what they have not handled yet. */
export class EventStore {
  readonly #time: BrokerTime
  readonly #groups = new Map<string, EventGroup>()
  readonly #letters = new DeadLetterBox()
  readonly #history = new EventHistory()
  readonly #seen = new DedupWindow()
  readonly #delayed: DelayedEvents
  #lastSequence = 0
  #lastArrivalMs = 0

  constructor(time: BrokerTime) {
    this.#time = time
    this.#delayed = new DelayedEvents(time)
  }

  /** Takes an event for all who hear it, at once or later; one that was sent a short while ago only when it `isRepeated` on purpose. */
  send(event: SentEvent, isRepeated = false): void {
    const now = this.#time.clock.now()
    const id = `${event.apiName} ${event.id}`
    if (!isRepeated && !this.#seen.admit(id, now, event.limits.dedupWindowMs)) return
    const arrive = (): void => this.#append(event, now + event.ttlMs)
    if (event.delayMs > 0) this.#delayed.add(now + event.delayMs, arrive)
    else arrive()
  }

  /** The group, hearing these events from now on. What it hears already it goes on hearing from where it is (E9). */
  join(names: GroupNames, hearing: Hearing, since: Since): EventGroup {
    const group = this.#group(names)
    const heardAnew = [...hearing.paths].filter((path) => group.hear(path))
    for (const apiName of hearing.apiNames)
      for (const stored of this.#history.since(apiName, heardAnew, since)) group.add(stored)
    return group
  }

  standing(name: string, paths: ReadonlySet<string>): GroupStanding {
    return (this.#groups.get(name) ?? new HeardEvents()).standing(paths)
  }

  /** Forgets a group that nobody will come back to. */
  drop(group: EventGroup): void {
    if (this.#groups.get(group.name) === group) this.#groups.delete(group.name)
  }

  /** Keeps what the group gives up, and settles it, in one step (E29). Whether it was still held. */
  deadLetter(group: EventGroup, hold: Hold, reason: DeadLetterReason): boolean {
    if (!group.giveUp(hold)) return false
    this.#letters.add(group, hold, reason, this.#time.clock.now())
    return true
  }

  letters(listener: string, paths: ReadonlySet<string>): readonly KeptLetter[] {
    return this.#letters.of(listener, paths)
  }

  /** Gives a dead letter back to its group. False when either is there no more. */
  redrive(id: string): boolean {
    const letter = this.#letters.get(id)
    const group = letter && this.#groups.get(letter.group)
    if (!group) return false
    this.#letters.delete(id)
    group.redrive(letter.stored)
    return true
  }

  discard(id: string): boolean {
    return this.#letters.delete(id)
  }

  /** The past events that a query asks for. */
  find(address: EventAddress, query: HistoryQuery): readonly StoredEvent[] {
    return this.#history.find(address, query)
  }

  /** Loses everything; whoever is subscribed is told, and may join anew. */
  wipe(): void {
    const groups = [...this.#groups.values()]
    this.#groups.clear()
    for (const part of [this.#letters, this.#history, this.#seen, this.#delayed]) part.clear()
    for (const group of groups) group.vanish()
  }

  /** The returned function brings back what was there, as a failover to a stale replica does (E66). */
  checkpoint(): () => void {
    const parts = [this.#history, this.#letters, this.#seen, this.#delayed]
    const restores = parts.map((part) => part.checkpoint())
    const groups = [...this.#groups.values()].map((group) => ({ group, snapshot: group.snapshot() }))
    return () => {
      for (const restore of restores) restore()
      for (const { group, snapshot } of groups) {
        if (group.name === group.listener || this.#groups.has(group.name))
          this.#group(group).restore(snapshot)
      }
    }
  }

  /** Lets an event's body vanish, wherever it is kept (E71). */
  loseBody(nativeId: string): void {
    const held = [...this.#groups.values()].flatMap((group) => [...group.unsettled()])
    for (const stored of [...this.#history.all(), ...held.map((event) => event.stored)])
      if (stored.nativeId === nativeId) stored.text = undefined
  }

  /** Adds a text that may be no event at all (E27). */
  inject(address: EventAddress, raw: string): void {
    const { event } = readEvent(raw, '')
    const sent = { id: '', key: event?.key, text: raw, delayMs: 0, ttlMs: Infinity, limits: noLimits }
    this.send({ apiName: address.apiName, eventName: address.eventName, ...sent })
  }

  inspect(): readonly ReturnType<EventGroup['inspect']>[] {
    return [...this.#groups.values()].filter((group) => !group.isOrphaned).map((group) => group.inspect())
  }

  #append({ apiName, eventName, key, text, limits }: SentEvent, expiresAtMs: number): void {
    const path = `${apiName}.${eventName}`
    const sequence = ++this.#lastSequence
    // Never back in time, so that the order of the native ids is that of their arrival.
    const arrivedAtMs = Math.max(this.#time.clock.now(), this.#lastArrivalMs)
    this.#lastArrivalMs = arrivedAtMs
    const nativeId = `${arrivedAtMs}-${sequence}`
    const stored = { sequence, nativeId, arrivedAtMs, apiName, path, key, expiresAtMs, text }
    this.#history.add(stored)
    for (const group of this.#groups.values()) {
      if (group.isOrphaned) this.drop(group)
      else group.add(stored)
    }
    this.#trim(apiName, limits)
  }

  #trim(apiName: string, { maxStreamLength, retention }: EventLimits): void {
    for (const trimmed of this.#history.trim(apiName, maxStreamLength ?? Infinity))
      if (retention === 'lossy') for (const group of this.#groups.values()) group.trim(trimmed)
  }

  #group(names: GroupNames): EventGroup {
    const group = this.#groups.get(names.name) ?? new EventGroup(names, this.#time)
    this.#groups.set(names.name, group)
    return group
  }
}
