import type { GroupStanding } from '@lightbus/core/transport'
import type { BrokerTime } from './broker-time.ts'
import { GroupEvent } from './group-event.ts'
import { Hold, type GroupMember } from './group-member.ts'
import { HeardEvents, type Fate, type GroupSnapshot } from './heard-events.ts'
import { KeyOrder } from './key-order.ts'
import { Leases } from './leases.ts'
import type { StoredEvent } from './stored-event.ts'

/** What a group is called. */
export interface GroupNames {
  readonly name: string
  readonly listener: string
}

const trimmed = 'trimmed away unheard'

/** A listener's share of the events, the work of its members. It keeps them while all members are away. */
export class EventGroup {
  readonly name: string
  /** The name of the listener's group; that of the group itself unless it is for one process only. */
  readonly listener: string
  readonly #time: BrokerTime
  readonly #heard = new HeardEvents()
  readonly #keys = new KeyOrder()
  readonly #leases: Leases
  /** In the order in which they are asked: whoever takes an event goes to the end. */
  readonly #members = new Set<GroupMember>()
  readonly #watchers = new Set<() => void>()
  /** Events lost while nobody was there to be told. */
  #untold = 0

  constructor(names: GroupNames, time: BrokerTime) {
    this.name = names.name
    this.listener = names.listener
    this.#time = time
    this.#leases = new Leases(time, (hold) => this.#takeAway(hold))
  }

  /** From now on the group hears these events; false if it did already. */
  hear(path: string): boolean {
    return this.#heard.hear(path)
  }

  /** Whether it was for one process, and that has crashed. */
  get isOrphaned(): boolean {
    return this.name !== this.listener && ![...this.#members].some((member) => !member.isCrashed)
  }

  /** What a dead process of the same name held is there for it at once (E44). */
  addMember(member: GroupMember): void {
    this.#members.add(member)
    if (this.#untold > 0) member.missed(this.#untold, trimmed)
    this.#untold = 0
    for (const hold of this.#leases.all())
      if (hold.member.processName === member.processName && !hold.member.isAlive && this.#leases.end(hold))
        this.#takeAway(hold)
  }

  /** What the member holds comes back when its leases run out. */
  removeMember(member: GroupMember): void {
    this.#members.delete(member)
  }

  /** The member goes, and gives back what it holds. */
  leave(member: GroupMember): void {
    this.removeMember(member)
    for (const hold of this.#leases.all()) if (hold.member === member) this.giveBack(hold, 0)
  }

  add(stored: StoredEvent, attempts = 0, restsUntilMs = 0): void {
    const heard = this.#heard.of(stored.path)
    if (!heard) return
    const event = new GroupEvent(stored, attempts, restsUntilMs)
    heard.unsettled.set(event.sequence, event)
    this.#wait(event)
  }

  /** The oldest event that may be handed over of those that the member hears; the member holds it from now on. */
  take(member: GroupMember): Hold | undefined {
    const hold = member.hearing.inTurn((paths) => this.#takeFrom(paths, member))
    if (!hold) return undefined
    this.#members.delete(member)
    this.#members.add(member)
    return hold
  }

  /** Whether it was still held. */
  acknowledge(hold: Hold): boolean {
    return this.#end(hold, 'acknowledged')
  }

  /** Given up: whoever calls keeps it. Whether it was still held. */
  giveUp(hold: Hold): boolean {
    return this.#end(hold, 'deadLettered')
  }

  /** Puts what was held where it was, at once or after a rest. Whether it was still held. */
  giveBack(hold: Hold, delayMs: number): boolean {
    if (!this.#leases.end(hold)) return false
    hold.event.restsUntilMs = delayMs > 0 ? this.#time.clock.now() + delayMs : 0
    this.#wait(hold.event)
    return true
  }

  /** Starts the leases anew. Returns those that were held no more. */
  renew(holds: Iterable<Hold>): readonly Hold[] {
    return [...holds].filter((hold) => !this.#leases.renew(hold))
  }

  /** Hears an event that it had given up once more, as if it were new; it does not expire again. */
  redrive(stored: StoredEvent): void {
    const counts = this.#heard.of(stored.path)?.counts
    if (counts) counts.deadLettered--
    this.add({ ...stored, expiresAtMs: Infinity })
  }

  /** Loses an event that nobody has in hand. */
  trim(stored: StoredEvent): void {
    const heard = this.#heard.of(stored.path)
    const event = heard?.unsettled.get(stored.sequence)
    if (!heard || !event || event.state === 'held' || event.state === 'resting') return
    heard.ready.remove(event)
    const next = this.#settle(event, 'trimmed')
    this.#tellTrimmed()
    if (next) this.#offer()
  }

  standing(paths: Iterable<string>): GroupStanding {
    return this.#heard.standing(paths)
  }

  /** Whether nothing waits, is held or rests. */
  isDrained(paths: Iterable<string>): boolean {
    return this.#heard.isDrained(paths)
  }

  /** Whether another member stays that will be given what this one leaves. */
  isSharedBeside(member: GroupMember): boolean {
    return [...this.#members].some((other) => other !== member && other.isAlive && !other.isLeaving)
  }

  /** Calls `look` whenever an event was settled or all are gone, until the returned function is called. */
  watch(look: () => void): () => void {
    this.#watchers.add(look)
    return () => this.#watchers.delete(look)
  }

  /** Everything that is not settled. */
  unsettled(): Iterable<GroupEvent> {
    return this.#heard.unsettled()
  }

  /** Who is there or still holds something, and how much is in their hands. */
  inspect(): { readonly name: string; readonly pending: number; readonly consumers: readonly string[] } {
    const holds = this.#leases.all()
    const members = new Set([...this.#members, ...holds.map(({ member }) => member)])
    const consumers = [...members].map(({ processName }) => processName)
    return { name: this.name, pending: holds.length, consumers }
  }

  snapshot(): GroupSnapshot {
    return this.#heard.snapshot()
  }

  /** Forgets what has happened since, so that what was settled meanwhile is delivered again. Nobody holds anything afterwards. */
  restore(snapshot: GroupSnapshot): void {
    const { counts, unsettled } = this.#heard.snapshot(snapshot)
    this.#clear()
    for (const [path, before] of counts) this.#heard.hear(path, before)
    for (const { stored, attempts, restsUntilMs } of unsettled) this.add(stored, attempts, restsUntilMs)
  }

  /** The group is gone, with all it had. */
  vanish(): void {
    this.#clear()
    const members = [...this.#members]
    this.#members.clear()
    for (const member of members) member.vanished()
    for (const look of this.#watchers) look()
  }

  #clear(): void {
    const holds = this.#leases.all()
    this.#heard.clear()
    this.#keys.clear()
    for (const hold of holds) this.#leases.end(hold)
    for (const hold of holds) hold.member.lost(hold)
  }

  #takeFrom(paths: readonly string[], member: GroupMember): Hold | undefined {
    for (;;) {
      const event = this.#heard.takeOldest(paths)
      if (!event) return undefined
      const { text, expiresAtMs } = event.stored
      if (text === undefined) this.#drop(event, 'trimmed', 'without their body', member)
      else if (expiresAtMs <= this.#time.clock.now()) this.#drop(event, 'expired', 'expired unheard', member)
      else return this.#hold(event, member, text)
    }
  }

  #hold(event: GroupEvent, member: GroupMember, text: string): Hold {
    event.attempts++
    event.state = 'held'
    const hold = new Hold(event, member, text)
    this.#leases.begin(hold)
    return hold
  }

  #drop(event: GroupEvent, fate: Fate, why: string, member: GroupMember): void {
    const next = this.#settle(event, fate)
    member.missed(1, why)
    // Not at once: this member is just about to take one, and must not be handed two.
    if (next) queueMicrotask(() => this.#offer())
  }

  #end(hold: Hold, fate: Fate): boolean {
    if (!this.#leases.end(hold)) return false
    if (this.#settle(hold.event, fate)) this.#offer()
    return true
  }

  // Returns the next of the same key, which is ready now.
  #settle(event: GroupEvent, fate: Fate): GroupEvent | undefined {
    const heard = this.#heard.of(event.stored.path)
    if (heard) heard.counts[fate]++
    heard?.unsettled.delete(event.sequence)
    const next = this.#keys.leave(event)
    if (next) this.#makeReady(next)
    for (const look of this.#watchers) look()
    return next
  }

  #wait(event: GroupEvent): void {
    if (!this.#keys.enter(event)) {
      event.state = 'behind'
      return
    }
    const { timers, clock } = this.#time
    const restMs = event.restsUntilMs - clock.now()
    if (restMs > 0) {
      event.state = 'resting'
      event.stopRest = timers.after(clock, restMs, () => this.#wait(event))
      return
    }
    this.#makeReady(event)
    this.#offer()
  }

  #makeReady(event: GroupEvent): void {
    event.state = 'ready'
    this.#heard.of(event.stored.path)?.ready.add(event)
  }

  #offer(): void {
    for (const member of this.#members) {
      if (member.isCrashed) this.#members.delete(member)
      else if (member.offer()) return
    }
  }

  #takeAway(hold: Hold): void {
    // First, so that the member is not given a younger one in the room that this one leaves.
    this.#wait(hold.event)
    hold.member.lost(hold)
  }

  #tellTrimmed(): void {
    const [member] = this.#members
    if (member) member.missed(1, trimmed)
    else this.#untold++
  }
}
