import type { Clock } from '@lightbus/core/transport'
import { slicesOf } from './slices.ts'
import type { Settlement, StreamGroup } from './stream-group.ts'

/** How an event comes to be held. */
export interface Handing {
  readonly attempt: number
  /** Whether others may be behind it. */
  readonly isKeyed: boolean
  readonly expiresAt: number
}

/** An event in the hands of this process; what a delivery's receipt is. */
export class HeldEvent {
  readonly source: StreamGroup
  readonly id: string
  readonly key: string
  /** From when on it is not to be handed over, by the clock of Redis. */
  readonly expiresAt: number
  readonly isKeyed: boolean
  private readonly attempt: number
  private controller: AbortController | undefined
  private isLost = false
  private isHandedOut = false
  /** Whether Redis was asked to settle it and did not answer: it is renewed no more, and the next try may succeed. */
  isInDoubt = false
  /** Whether Redis is being asked to settle it. */
  isSettling = false

  constructor(source: StreamGroup, id: string, { attempt, expiresAt, isKeyed }: Handing) {
    this.source = source
    this.id = id
    this.key = eventKey(source, id)
    this.expiresAt = expiresAt
    this.isKeyed = isKeyed
    this.attempt = attempt
  }

  markHandedOut(): void {
    this.isHandedOut = true
  }

  /** How often it was delivered, where Redis has counted a delivery that never reached a listener. */
  get deliveries(): number | undefined {
    return this.isHandedOut ? undefined : this.attempt - 1
  }

  /** What its group is to be told at the end; `rings` if others are to take the next of its key. */
  settlement(rings: boolean): Settlement {
    return { id: this.id, isKeyed: this.isKeyed, rings }
  }

  /** Aborts when somebody else has it; made for whoever asks for it. */
  get lost(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.isLost) this.controller.abort(this.whyLost)
    return this.controller.signal
  }

  markLost(): void {
    this.isLost = true
    this.controller?.abort(this.whyLost)
  }

  private get whyLost(): Error {
    return new Error(`The event ${this.id} was given to another process.`)
  }
}

interface Resting {
  readonly source: StreamGroup
  readonly id: string
  readonly dueAt: number
}

// What rests beyond that is left to the sweeps: they find it, if a little later.
const mostResting = 10_000

/**
 * The leases of one subscription. What is held is renewed every third of the lease, so it is never given to another while
 * this process lives; what was given back with a delay rests, and is renewed only so far that it falls due in time.
 */
export class HeldEvents {
  private readonly held = new Map<string, HeldEvent>()
  private readonly resting = new Map<string, Resting>()
  private readonly leaseMs: number
  private readonly clock: Clock
  private readonly onGone: (source: StreamGroup, count: number) => void
  private stopTimer: () => void = () => undefined
  private isClosed = false
  private settling = 0

  constructor(leaseMs: number, clock: Clock, onGone: (source: StreamGroup, count: number) => void) {
    this.leaseMs = leaseMs
    this.clock = clock
    this.onGone = onGone
    this.schedule()
  }

  /** How many are in hand; those that are being settled make room already. */
  get size(): number {
    return this.held.size - this.settling
  }

  /** It is about to be settled: whatever is fetched from now on reaches Redis after that. */
  beginSettling(event: HeldEvent): void {
    event.isInDoubt = true
    if (!this.isHeld(event) || event.isSettling) return
    event.isSettling = true
    this.settling += 1
  }

  /** Whether an entry is in hand, or not to be touched before its time. */
  has(source: StreamGroup, id: string): boolean {
    const key = eventKey(source, id)
    return this.held.has(key) || (this.resting.get(key)?.dueAt ?? 0) > this.clock.now()
  }

  add(source: StreamGroup, id: string, handing: Handing): HeldEvent {
    const event = new HeldEvent(source, id, handing)
    this.held.set(event.key, event)
    this.resting.delete(event.key)
    return event
  }

  isHeld(event: HeldEvent): boolean {
    return this.held.get(event.key) === event
  }

  /** In hand no more, and so renewed no more. */
  remove(event: HeldEvent): void {
    if (this.isHeld(event)) this.held.delete(event.key)
    if (event.isSettling) this.settling -= 1
    event.isSettling = false
  }

  /** Whether it was given back, and its time is waited for here. */
  isAwaited(event: HeldEvent): boolean {
    return this.resting.has(event.key)
  }

  /** Its time has come: it may be taken again. */
  fallDue(event: HeldEvent): void {
    this.resting.delete(event.key)
  }

  /** Held by nobody until it is due, and then anybody's. */
  async giveBack(event: HeldEvent, delayMs: number): Promise<boolean> {
    const dueAt = this.clock.now() + delayMs
    const isAwaited = this.resting.size < mostResting
    if (delayMs > this.leaseMs || (delayMs > 0 && !isAwaited)) {
      const isOurs = await event.source.rest(event.id, delayMs, this.leaseMs - delayMs)
      this.remove(event)
      if (isOurs && isAwaited) this.resting.set(event.key, { source: event.source, id: event.id, dueAt })
      return isOurs
    }
    const { lost, gone } = await event.source.giveBack([event], this.leaseMs - delayMs)
    this.remove(event)
    if (gone.length > 0) this.onGone(event.source, gone.length)
    if (lost.length > 0) return false
    if (delayMs > 0 && gone.length === 0)
      this.resting.set(event.key, { source: event.source, id: event.id, dueAt })
    return true
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.stopTimer()
    const slices = slicesBySource([...this.held.values()])
    this.held.clear()
    this.resting.clear()
    // Who cannot give back loses nothing: the leases run out.
    await Promise.allSettled(
      slices.map(async ([source, events]) => {
        const { gone } = await source.giveBack(events, this.leaseMs)
        if (gone.length > 0) this.onGone(source, gone.length)
      }),
    )
  }

  private schedule(): void {
    if (this.isClosed) return
    this.stopTimer = this.clock.after(Math.max(1, this.leaseMs / 3), () => {
      void this.renewAll().then(() => this.schedule())
    })
  }

  private async renewAll(): Promise<void> {
    const now = this.clock.now()
    for (const [key, { dueAt }] of this.resting) if (dueAt <= now) this.resting.delete(key)
    // The others are counted as idle for so long that they fall due in time.
    const early = [...this.resting.values()].filter(({ dueAt }) => dueAt - now > this.leaseMs)
    // A server that cannot be reached now is asked again at the next third.
    await Promise.allSettled([
      ...slicesBySource([...this.held.values()]).map(([source, events]) => this.renewHeld(source, events)),
      ...slicesBySource(early).map(([source, events]) => source.renew(idsOf(events), 0)),
    ])
  }

  private async renewHeld(source: StreamGroup, events: readonly HeldEvent[]): Promise<void> {
    const lost = new Set(await source.renew(idsOf(events), 0))
    for (const event of events) {
      // Settled while the answer was on its way: not lost.
      if (!lost.has(event.id) || !this.isHeld(event)) continue
      this.remove(event)
      event.markLost()
    }
  }
}

function eventKey(source: StreamGroup, id: string): string {
  return `${id} ${source.group} ${source.stream}`
}

function idsOf(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id)
}

function slicesBySource<T extends { readonly source: StreamGroup }>(
  events: readonly T[],
): (readonly [StreamGroup, readonly T[]])[] {
  const bySource = new Map<StreamGroup, T[]>()
  for (const event of events) {
    const ofSource = bySource.get(event.source) ?? []
    ofSource.push(event)
    bySource.set(event.source, ofSource)
  }
  return [...bySource].flatMap(([source, all]) => slicesOf(all).map((some) => [source, some] as const))
}
