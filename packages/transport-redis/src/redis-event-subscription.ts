import type {
  BusError,
  DeadLetterReason,
  EventDelivery,
  EventSubscription,
  Receipt,
  Settled,
  TransportContext,
} from '@lightbus/core/transport'
import type { Connections } from './connections.ts'
import { deadLetterFields } from './dead-letters.ts'
import { EventFetch } from './event-fetch.ts'
import type { EventSource } from './event-source.ts'
import type { GroupBells } from './group-bells.ts'
import { HeldEvent, HeldEvents } from './held-events.ts'
import { reportGone } from './lost-events.ts'
import type { EventOptions } from './options.ts'
import { PullLoop } from './pull-loop.ts'
import { redisError } from './redis-errors.ts'
import type { Rounds } from './rounds.ts'
import type { SettledAs, StreamGroup } from './stream-group.ts'

interface SubscriptionParts {
  readonly redis: Connections
  readonly rounds: Rounds
  readonly bells: GroupBells
  readonly sources: readonly EventSource[]
  readonly options: EventOptions
  readonly context: TransportContext
  readonly prefetch: () => number
  readonly onClose: () => void
  readonly isHeldHere: (source: StreamGroup, id: string) => boolean
}

/** One listener's share of its streams. */
export class RedisEventSubscription implements EventSubscription {
  private readonly parts: SubscriptionParts
  private readonly held: HeldEvents
  private readonly fetch: EventFetch
  private readonly loop: PullLoop

  constructor(parts: SubscriptionParts) {
    this.parts = parts
    const { options, context } = parts
    this.held = new HeldEvents(options.leaseMs, context.clock, (source, count) =>
      reportGone(context, source, count),
    )
    this.fetch = new EventFetch({
      ...parts,
      held: this.held,
      after: (ms, act) =>
        this.loop.after(ms, () => {
          act()
          this.loop.wake()
        }),
    })
    this.loop = new PullLoop({
      clock: context.clock,
      restartDelayMs: options.restartDelayMs,
      supply: this.fetch,
    })
  }

  /** Makes the groups, and listens for what is new from here on. */
  async getReady(start: string): Promise<void> {
    const attended = this.parts.sources.filter(({ group }) => !group.isPrivate)
    for (const source of attended) {
      await source.join(start)
      await this.hearBell(source)
      const ring = (): void => {
        source.hasNew = true
        this.loop.wake()
      }
      this.fetch.rings.set(source, ring)
      this.loop.undo.push(await this.parts.redis.doorbell.add(source.group.stream, ring))
    }
    const wake = (): void => this.loop.wake()
    const streams = attended.map(({ group }) => group.stream)
    this.loop.undo.push(await this.parts.rounds.attend({ streams, sources: attended, wake }))
    if (this.loop.isClosed) this.loop.leave()
  }

  get state(): EventSubscription['state'] {
    return this.loop.state
  }

  refresh(): void {
    this.loop.wake()
  }

  pause(): void {
    this.loop.pause()
  }

  resume(): void {
    this.loop.resume()
  }

  /** Whether an entry is in hand, or not to be touched before its time. */
  holds(source: StreamGroup, id: string): boolean {
    return this.held.has(source, id)
  }

  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    return this.loop.deliveries(signal)
  }

  acknowledge(receipt: Receipt): Promise<Settled> {
    return this.settle(receipt, (event) => event.source.acknowledge(event.settlement(this.rings)))
  }

  giveBack(receipt: Receipt, options: { readonly delayMs?: number } = {}): Promise<Settled> {
    const delayMs = Math.max(0, options.delayMs ?? 0)
    return this.settle(receipt, async (event) => {
      const isOurs = await this.held.giveBack(event, delayMs)
      if (isOurs && (delayMs === 0 || this.held.isAwaited(event))) this.again(event, delayMs)
      return isOurs ? 'settled' : 'lost'
    })
  }

  deadLetter(receipt: Receipt, reason: DeadLetterReason): Promise<Settled> {
    return this.settle(receipt, (event) =>
      event.source.deadLetter(event.settlement(this.rings), deadLetterFields(event, reason)),
    )
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
    if (this.loop.isClosed) return
    this.loop.close()
    this.parts.onClose()
    await this.fetch.idle()
    await this.held.close()
  }

  /** Whether others are to take what may go ahead of its key: in the room that one leaves there is place for the next, if somebody pulls here. */
  private get rings(): boolean {
    return !this.loop.isPulling || this.held.size > this.parts.prefetch()
  }

  private async settle(receipt: Receipt, act: (event: HeldEvent) => Promise<SettledAs>): Promise<Settled> {
    const event = this.heldEvent(receipt)
    if (!event) return 'lost'
    this.held.beginSettling(event)
    // Room for another.
    this.loop.wake()
    try {
      const settledAs = await act(event)
      event.isInDoubt = false
      if (settledAs === 'next ready') this.fetch.markReady(event.source)
      return settledAs === 'lost' ? 'lost' : 'settled'
    } catch (error) {
      throw this.busError(error)
    } finally {
      // Renewed no more, so that it comes back if nobody tries again.
      this.held.remove(event)
      this.loop.wake()
    }
  }

  private heldEvent(receipt: Receipt): HeldEvent | undefined {
    return receipt instanceof HeldEvent && (this.held.isHeld(receipt) || receipt.isInDoubt)
      ? receipt
      : undefined
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
    this.loop.after(delayMs, () => {
      this.held.fallDue(event)
      this.fetch.due.push(event)
      this.loop.wake()
    })
  }

  /** Listens for events that another process lets ahead and does not take itself, and for those that are redriven. */
  private async hearBell(source: EventSource): Promise<void> {
    const { group } = source
    const ring = (): void => {
      this.fetch.markReady(group)
      source.redriven().hasNew = true
      this.loop.wake()
    }
    this.loop.undo.push(await this.parts.bells.add(group.order.bell, group, ring))
  }
}
