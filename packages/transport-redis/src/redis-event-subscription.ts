import {
  backoffMs,
  sleep,
  type BusError,
  type DeadLetterReason,
  type EventDelivery,
  type EventSubscription,
  type Receipt,
  type Settled,
  type TransportContext,
} from '@lightbus/core/transport'
import type { Connections } from './connections.ts'
import { deadLetterFields } from './dead-letters.ts'
import { EventFetch } from './event-fetch.ts'
import type { EventSource } from './event-source.ts'
import { HeldEvent, HeldEvents } from './held-events.ts'
import { reportGone } from './lost-events.ts'
import type { EventOptions } from './options.ts'
import { redisError } from './redis-errors.ts'
import type { StreamGroup } from './stream-group.ts'
import { WakeUp } from './wake-up.ts'

interface SubscriptionParts {
  readonly redis: Connections
  readonly sources: readonly EventSource[]
  readonly options: EventOptions
  readonly context: TransportContext
  readonly prefetch: () => number
  readonly onClose: () => void
  readonly isHeldHere: (source: StreamGroup, id: string) => boolean
}

/** One listener's share of its streams. Fetches only when it is pulled and nothing fetched is left. */
export class RedisEventSubscription implements EventSubscription {
  private readonly parts: SubscriptionParts
  private readonly held: HeldEvents
  private readonly fetch: EventFetch
  private readonly wakeUp = new WakeUp()
  private readonly undo: (() => void)[] = []
  private readonly timers = new Set<() => void>()
  private isPaused = false
  private isClosed = false

  constructor(parts: SubscriptionParts) {
    this.parts = parts
    const { options, context } = parts
    this.held = new HeldEvents(options.leaseMs, context.clock, (source, count) =>
      reportGone(context, source, count),
    )
    this.fetch = new EventFetch({ ...parts, held: this.held })
  }

  /** Makes the groups, and listens for what is new from here on. */
  async getReady(start: string): Promise<void> {
    for (const source of this.parts.sources) {
      if (!source.group.isPrivate) await source.group.ensure(start)
      const ring = (): void => {
        source.hasNew = true
        this.wakeUp.wake()
      }
      this.fetch.rings.set(source, ring)
      this.undo.push(await this.parts.redis.doorbell.add(source.group.stream, ring))
    }
    if (this.isClosed) this.leaveDoorbell()
    else this.scheduleSweep()
  }

  get state(): EventSubscription['state'] {
    if (this.isClosed) return 'stopped'
    if (this.isPaused) return 'paused'
    return this.fetch.isFull ? 'busy' : 'accepting'
  }

  refresh(): void {
    this.wakeUp.wake()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.wakeUp.wake()
  }

  /** Whether an entry is in hand, or not to be touched before its time. */
  holds(source: StreamGroup, id: string): boolean {
    return this.held.has(source, id)
  }

  async *deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    const wake = (): void => this.wakeUp.wake()
    signal.addEventListener('abort', wake)
    // Whoever does not pull again after closing never comes to the end of this function.
    this.undo.push(() => signal.removeEventListener('abort', wake))
    let failures = 0
    try {
      while (!signal.aborted && !this.isClosed) {
        if (this.isPaused) {
          await this.wakeUp.next()
          continue
        }
        const next = this.fetch.next()
        if (next) {
          yield next
          continue
        }
        try {
          if (!(await this.fetch.more())) await this.wakeUp.next()
          failures = 0
        } catch {
          // The connection reports its loss itself, once; here it is only tried again.
          failures += 1
          await this.afterFailure(failures, signal)
        }
      }
    } finally {
      signal.removeEventListener('abort', wake)
      await this.fetch.giveBackRest()
    }
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    return this.settle(receipt, (event) => event.source.acknowledge(event.id))
  }

  async giveBack(receipt: Receipt, options: { readonly delayMs?: number } = {}): Promise<Settled> {
    const delayMs = Math.max(0, options.delayMs ?? 0)
    return this.settle(receipt, async (event) => {
      const isOurs = await this.held.giveBack(event, delayMs)
      if (isOurs) this.again(event, delayMs)
      return isOurs
    })
  }

  async deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    return this.settle(receipt, (event) => event.source.deadLetter(event.id, deadLetterFields(event, reason)))
  }

  async renew(receipt: Receipt): Promise<Settled> {
    const event = this.heldEvent(receipt)
    if (!event) return 'lost'
    const lost = await this.attempt(() => event.source.renew([event.id], 0))
    if (lost.length === 0) return 'settled'
    this.held.remove(event)
    event.markLost()
    return 'lost'
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.wakeUp.wake()
    this.parts.onClose()
    this.leaveDoorbell()
    for (const cancel of this.timers) cancel()
    await this.fetch.idle()
    await this.held.close()
  }

  private async settle(receipt: Receipt, act: (event: HeldEvent) => Promise<boolean>): Promise<Settled> {
    const event = this.heldEvent(receipt)
    if (!event) return 'lost'
    const isSettled = await this.attempt(() => act(event))
    this.held.remove(event)
    // Room for another.
    this.wakeUp.wake()
    return isSettled ? 'settled' : 'lost'
  }

  private heldEvent(receipt: Receipt): HeldEvent | undefined {
    return receipt instanceof HeldEvent && this.held.isHeld(receipt) ? receipt : undefined
  }

  private async attempt<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw this.busError(error)
    }
  }

  private busError(error: unknown): BusError {
    return redisError(error, this.parts.redis.address)
  }

  private again(event: HeldEvent, delayMs: number): void {
    this.after(delayMs, () => {
      this.held.fallDue(event)
      this.fetch.due.push(event)
      this.wakeUp.wake()
    })
  }

  private scheduleSweep(): void {
    const { reclaimIntervalMs } = this.parts.options
    // Jittered, so that the processes of a service do not all look at the same moment.
    this.after(reclaimIntervalMs * (0.75 + Math.random() / 2), () => {
      for (const source of this.parts.sources) source.isSweepDue = true
      this.wakeUp.wake()
      this.scheduleSweep()
    })
  }

  private after(ms: number, act: () => void): void {
    if (this.isClosed) return
    const cancel = this.parts.context.clock.after(ms, () => {
      this.timers.delete(cancel)
      if (!this.isClosed) act()
    })
    this.timers.add(cancel)
  }

  private async afterFailure(failures: number, signal: AbortSignal): Promise<void> {
    const maxMs = Math.max(1, this.parts.options.restartDelayMs)
    const ms = backoffMs(failures, { baseMs: Math.min(50, maxMs), maxMs })
    await sleep(this.parts.context.clock, ms, signal).catch(() => undefined)
  }

  private leaveDoorbell(): void {
    for (const undo of this.undo.splice(0)) undo()
  }
}
