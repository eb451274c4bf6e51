import type { EventAddress } from '../contracts/event-address.ts'
import type { EventDelivery, EventSubscription, EventTransport } from '../contracts/event-transport.ts'
import { busStateWrong } from '../errors/catalogue.ts'
import { FlowGate, type Flow } from './flow-gate.ts'
import { handleEvent, type HandleEventParts, type Hearing } from './handle-event.ts'
import { InFlight, type InFlightCounts } from './in-flight.ts'
import type { ListenerSettings } from './listener-settings.ts'
import type { Listener } from './listener.ts'

export interface EventListenerParts extends HandleEventParts {
  /** What counts for the listener, with what it was told since it was asked for. */
  readonly settings: (listener: Listener) => ListenerSettings
}

/**
 * A listener while it runs: on each transport that carries its events a loop, which pulls a delivery whenever one more may begin. What waits
 * stays at the broker, or is held by the transport as far as the prefetch allows.
 */
export class EventListener {
  readonly #parts: EventListenerParts
  readonly #listener: Listener
  readonly #gate: FlowGate
  readonly #inFlight = new InFlight()
  readonly #subscriptions: EventSubscription[] = []
  readonly #stopping = new AbortController()
  readonly #forced = new AbortController()
  /** Aborts when nothing more is to be handed out for now: what was fetched goes back to the group. */
  #pulling = new AbortController()
  #settings: ListenerSettings
  #loops: readonly Promise<void>[] = []

  constructor(parts: EventListenerParts, listener: Listener) {
    this.#parts = { ...parts, shutDown: (error) => this.#shutDown(parts, error) }
    this.#listener = listener
    this.#settings = parts.settings(listener)
    this.#gate = new FlowGate(parts.clock, this.#flow)
    listener.onChange = () => this.#change()
  }

  /** Once it resolves nothing can be missed. */
  async subscribe(transport: EventTransport, events: readonly EventAddress[]): Promise<void> {
    const { listenerName, since } = this.#listener
    const subscription = await transport.subscribe({
      listenerName,
      events,
      ...(since === undefined ? {} : { since }),
      prefetch: () => this.#settings.prefetch,
    })
    this.#subscriptions.push(subscription)
    if (!this.#stopping.signal.aborted) return
    await subscription.close()
    throw busStateWrong({ act: 'Listening', state: 'stopping', cure: 'It was stopped first.' })
  }

  /** Starts to handle what comes. */
  run(): void {
    this.#loops = this.#subscriptions.map((subscription) =>
      this.#pull(subscription).catch((error: unknown) => this.#parts.shutDown(error)),
    )
  }

  /** Waits until the group has nothing left, where that would be gone with this process. */
  async exhaust(): Promise<void> {
    if (this.#stopping.signal.aborted || this.#listener.isPaused) return
    await Promise.all(this.#subscriptions.map(async (subscription) => subscription.drained?.()))
  }

  /** Takes nothing new, and waits until what runs is done. */
  async drain(): Promise<void> {
    this.#stop()
    await Promise.all(this.#loops)
    await this.#inFlight.idle()
  }

  /** Aborts what runs and leaves the group; what is still held goes to other members. Returns what became of what it had in hand. */
  async close(): Promise<InFlightCounts> {
    const { counts } = this.#inFlight
    this.#listener.onChange = () => undefined
    this.#stop()
    this.#forced.abort()
    const closing = await Promise.allSettled(this.#subscriptions.map((subscription) => subscription.close()))
    for (const closed of closing)
      if (closed.status === 'rejected') this.#parts.log.warn({ err: closed.reason as unknown }, notClosed)
    return counts
  }

  /** What is finished from here on is counted. */
  countAnew(): void {
    this.#inFlight.countAnew()
  }

  #stop(): void {
    this.#stopping.abort()
    this.#pulling.abort()
  }

  // The event that failed must not come straight back to the listener that is about to stop for it.
  #shutDown(parts: HandleEventParts, error: unknown): void {
    this.#stop()
    parts.shutDown(error)
  }

  get #flow(): Flow {
    const { concurrency, rateLimit } = this.#settings
    return { isPaused: this.#listener.isPaused, concurrency, rateLimit }
  }

  #change(): void {
    this.#settings = this.#parts.settings(this.#listener)
    if (this.#listener.isPaused) this.#pulling.abort()
    else if (!this.#stopping.signal.aborted && this.#pulling.signal.aborted)
      this.#pulling = new AbortController()
    this.#gate.change(this.#flow)
    for (const subscription of this.#subscriptions) subscription.refresh()
  }

  async #pull(subscription: EventSubscription): Promise<void> {
    const hearing = this.#hearing(subscription)
    while (await this.#mayPull(this.#stopping.signal))
      for await (const delivery of subscription.deliveries(this.#pulling.signal)) {
        if (!(await this.#begin(hearing, delivery))) break
        if (!(await this.#mayPull(this.#pulling.signal))) break
      }
  }

  /** Resolves before each pull: with whether there is to be one. */
  #mayPull(signal: AbortSignal): Promise<boolean> {
    return this.#gate.isOpen(signal)
  }

  // What may not begin any more goes back to the group with the subscription's end.
  async #begin(hearing: Hearing, delivery: EventDelivery): Promise<boolean> {
    const leave = await this.#gate.enter(this.#stopping.signal)
    if (!leave || this.#forced.signal.aborted) return false
    this.#inFlight.start(() => handleEvent(this.#parts, hearing, delivery).finally(leave))
    return true
  }

  #hearing(subscription: EventSubscription): Hearing {
    const { listenerName, handler, events } = this.#listener
    return {
      listenerName,
      handler,
      settings: this.#settings,
      apiName: events[0]?.apiName ?? '',
      subscription,
      forced: this.#forced.signal,
    }
  }
}

const notClosed = 'A listener could not leave its group in order'
