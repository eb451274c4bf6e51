import type { EventDelivery, TransportContext } from '@lightbus/core/transport'
import type { Connections } from './connections.ts'
import { EventIntake, heldIn } from './event-intake.ts'
import type { EventSource } from './event-source.ts'
import type { HeldEvent, HeldEvents } from './held-events.ts'
import { ServerClock } from './server-clock.ts'
import type { EventOptions } from './options.ts'
import { reportExpired, reportGone } from './lost-events.ts'
import type { Supply } from './pull-loop.ts'
import { isReplyError } from './redis-errors.ts'
import { Remains } from './remains.ts'
import { atOnce } from './slices.ts'
import type { StreamGroup } from './stream-group.ts'
import type { Entry } from './stream-replies.ts'

interface FetchParts {
  readonly redis: Connections
  readonly sources: readonly EventSource[]
  readonly options: EventOptions
  readonly context: TransportContext
  readonly prefetch: () => number
  readonly held: HeldEvents
  /** Whether any subscription of this process has the entry: they all read under one consumer's name. */
  readonly isHeldHere: (source: StreamGroup, id: string) => boolean
  /** Acts in so many milliseconds, and then somebody rings. */
  readonly after: (ms: number, act: () => void) => void
}

/** Brings the next deliveries: first what this process had before, then what has fallen due or was left by others, then what is new. */
export class EventFetch implements Supply {
  /** Events that were given back here and are due again. */
  readonly due: HeldEvent[] = []
  /** How each source is rung, so that it is not rung for what it has read itself. */
  readonly rings = new Map<EventSource, () => void>()
  private readonly parts: FetchParts
  private readonly intake: EventIntake
  private readonly ready: EventDelivery[] = []
  private readonly time: ServerClock
  /** The time is to be asked before anything is handed out. */
  private isTimeDue = false
  private expired: HeldEvent[] = []
  private turn = 0
  private readonly remains: ReadonlyMap<EventSource, Remains>
  private fetching: Promise<boolean> = Promise.resolve(false)

  constructor(parts: FetchParts) {
    this.parts = parts
    this.intake = new EventIntake(parts.held)
    this.time = new ServerClock(parts.redis.commands)
    this.remains = new Map(parts.sources.map((source) => [source, this.remainsOf(source)]))
  }

  /** The next delivery at hand that is still ours and still good. */
  next(): EventDelivery | undefined {
    if (this.isTimeDue) return undefined
    for (let next = this.ready.shift(); next; next = this.ready.shift()) {
      const event = heldIn(next)
      if (!this.parts.held.isHeld(event)) continue
      if (event.expiresAt === Infinity || event.expiresAt > this.time.now()) {
        event.markHandedOut()
        return next
      }
      this.expired.push(event)
    }
    return undefined
  }

  /** Fetches some more; false when there is nothing to do before somebody rings. */
  more(): Promise<boolean> {
    this.fetching = this.step()
    return this.fetching
  }

  /** Resolves when no fetch is under way. */
  async idle(): Promise<void> {
    await this.fetching.catch(() => undefined)
  }

  /** What was fetched and not handed out goes back to the group. */
  async rest(): Promise<void> {
    const { held } = this.parts
    const rest = [...this.ready.splice(0).map(heldIn), ...this.expired.splice(0)]
    await Promise.allSettled(rest.map((event) => held.giveBack(event, 0)))
    // Should this process pull again, it finds them under its own name.
    if (rest.length > 0) for (const source of this.parts.sources) source.hasOwn = true
    const left = this.parts.sources.filter(({ group, hasReady }) => hasReady && !group.isPrivate)
    await Promise.allSettled(left.map(({ group }) => group.turns.ring()))
  }

  /** Something of a key may have come ahead, in the group's stream or in the one that belongs to it. */
  markReady({ order }: StreamGroup): void {
    for (const source of this.parts.sources) if (source.group.order === order) source.hasReady = true
  }

  /** Whether as much is held as may be. */
  get isFull(): boolean {
    return this.room() <= 0
  }

  private room(): number {
    return this.parts.prefetch() - this.parts.held.size
  }

  private async step(): Promise<boolean> {
    if (this.expired.length > 0) await this.dropExpired()
    const isBusy = this.room() > 0 && (await this.fromSources())
    if (this.isTimeDue) await this.time.sync()
    this.isTimeDue = false
    return isBusy || this.ready.length > 0
  }

  private async fromSources(): Promise<boolean> {
    const { sources } = this.parts
    if (this.due.length > 0) await this.takeDue()
    // Each time another stream comes first, so that a busy one does not starve the others.
    this.turn += 1
    let isBusy = false
    for (let i = 0; i < sources.length; i += 1) {
      const source = sources[(i + this.turn) % sources.length]
      const remains = source && this.remains.get(source)
      if (remains && (await this.withGroup(source, remains))) isBusy = true
    }
    return isBusy
  }

  private async fromSource(source: EventSource, remains: Remains): Promise<boolean> {
    if (source.isTrimDue) await this.tellTrimmed(source)
    if (remains.hasOwn && this.room() > 0) {
      await remains.recoverOwn(this.room())
      await this.dropUnwanted(source)
    }
    // What this process had comes before what is new.
    if (remains.hasOwn) return this.room() > 0
    source.isOldsTurn = !source.isOldsTurn
    if (remains.isSweepDue && this.roomForOld(source) > 0) {
      await remains.sweep(this.roomForOld(source))
      await this.dropUnwanted(source)
    }
    if (source.hasReady && this.roomForOld(source) > 0) await this.takeReady(source)
    const hasRead = source.hasNew && this.room() > 0 ? await this.readNew(source) : false
    return hasRead || ((remains.hasOwn || source.hasReady || remains.isSweepDue) && this.room() > 0)
  }

  /** How much may be taken of what was held up or left by others: half the room, while something new may want the other half. */
  private roomForOld({ hasNew, isOldsTurn }: EventSource): number {
    return hasNew ? Math.floor((this.room() + (isOldsTurn ? 1 : 0)) / 2) : this.room()
  }

  private async tellTrimmed(source: EventSource): Promise<void> {
    const count = source.group.isPrivate ? 0 : await source.group.takeUntold()
    source.isTrimDue = false
    if (count > 0) reportGone(this.parts.context, source.group, count)
  }

  private async readNew(source: EventSource): Promise<boolean> {
    source.hasNew = false
    const count = Math.min(this.parts.options.batchSize, this.room())
    let entries: readonly Entry[]
    try {
      entries = await source.group.readNew(count)
    } catch (error) {
      // There is no such group as long as nothing was redriven.
      if (source.group.isPrivate && isReplyError(error, 'NOGROUP')) return false
      source.hasNew = true
      // The entries may have been given to us in an answer that never came.
      source.hasOwn = true
      throw error
    }
    const deliveries = entries.flatMap((entry) => this.intake.hold(source, entry, 1) ?? [])
    try {
      await this.dropUnwanted(source)
      for (const delivery of await this.intake.enter(source, deliveries)) this.handOut(delivery)
    } catch (error) {
      this.intake.letGo(deliveries)
      source.hasOwn = true
      throw error
    }
    const last = entries.at(-1)
    if (!last) return false
    this.parts.redis.doorbell.seen(source.group.stream, last[0], this.rings.get(source))
    source.hasNew = true
    return true
  }

  private async takeReady(source: EventSource): Promise<void> {
    const { group } = source
    const count = Math.min(this.parts.options.batchSize, this.roomForOld(source), atOnce)
    source.hasReady = false
    try {
      const { taken, gone } = await group.turns.takeReady(count)
      // Another subscription of this process may be about to be told that it is its own.
      const free = taken.filter(({ entry }) => !this.parts.isHeldHere(group, entry[0]))
      for (const { entry, attempt } of free) this.accept(source, entry, attempt)
      if (gone > 0) this.tellGone(group, gone)
      if (taken.length === count) source.hasReady = true
    } catch (error) {
      if (!isReplyError(error, 'NOGROUP')) source.hasOwn = source.hasReady = true
      throw error
    }
    await this.dropUnwanted(source)
  }

  private async takeDue(): Promise<void> {
    for (const event of this.due.splice(0, Math.max(0, this.room()))) {
      const source = this.parts.sources.find(({ group }) => group === event.source)
      if (!source || this.parts.isHeldHere(event.source, event.id)) continue
      const { id, source: group } = event
      const { taken, gone } = await group.claim([id], { owner: group.consumer })
      for (const { entry, attempt } of taken) this.accept(source, entry, attempt)
      if (gone > 0) this.tellGone(group, gone)
    }
  }

  private tellGone(group: StreamGroup, count: number): void {
    reportGone(this.parts.context, group, count)
    this.markReady(group)
  }

  private remainsOf(source: EventSource): Remains {
    const { options, isHeldHere, after } = this.parts
    return new Remains(source, {
      request: {
        pageSize: options.reclaimBatchSize,
        isHeld: (id) => isHeldHere(source.group, id),
        take: ({ entry, attempt }) => this.accept(source, entry, attempt),
        onGone: (count) => this.tellGone(source.group, count),
      },
      leaseMs: options.leaseMs,
      onReady: () => this.markReady(source.group),
      after,
    })
  }

  private accept(source: EventSource, entry: Entry, attempt: number): void {
    const delivery = this.intake.hold(source, entry, attempt)
    if (delivery) this.handOut(delivery)
  }

  private handOut(delivery: EventDelivery): void {
    if (heldIn(delivery).expiresAt < Infinity) this.isTimeDue = true
    this.ready.push(delivery)
  }

  private async dropExpired(): Promise<void> {
    const { held } = this.parts
    const dropped = new Map<StreamGroup, number>()
    for (let event = this.expired[0]; event; event = this.expired[0]) {
      const { source } = event
      const settledAs = await source.acknowledge(event.settlement(false), 'expired')
      if (settledAs !== 'lost') dropped.set(source, (dropped.get(source) ?? 0) + 1)
      if (settledAs === 'next ready') this.markReady(source)
      held.remove(event)
      this.expired.shift()
    }
    for (const [source, count] of dropped) reportExpired(this.parts.context, source, count)
  }

  private async dropUnwanted(source: EventSource): Promise<void> {
    try {
      if (await this.intake.settle(source)) this.markReady(source.group)
    } catch (error) {
      source.hasOwn = true
      throw error
    }
  }

  private async withGroup(source: EventSource, remains: Remains): Promise<boolean> {
    try {
      return await this.fromSource(source, remains)
    } catch (error) {
      if (!isReplyError(error, 'NOGROUP')) throw error
      if (source.group.isPrivate) {
        remains.forget()
        return source.hasNew
      }
      await source.rejoin()
      source.hasNew = true
      const { stream, group } = source.group
      const message = `The group ${group} of ${stream} had vanished and was made again.`
      this.parts.context.report({ type: 'state-lost', transport: 'redis', message })
      return true
    }
  }
}
