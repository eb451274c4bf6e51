import type { EventAddress } from '../contracts/event-address.ts'
import type { EventDelivery, EventTransport } from '../contracts/event-transport.ts'
import { busStateWrong, transportFeatureAbsent } from '../errors/catalogue.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { FlowGate, type Flow } from './flow-gate.ts'
import { handleEvent } from './handle-event.ts'
import type { HandleEventParts, Hearing } from './hearing.ts'
import { Inbox } from './inbox.ts'
import { InFlight, type InFlightCounts } from './in-flight.ts'
import { KillSwitch } from './kill-switch.ts'
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
  readonly #killSwitch: KillSwitch | undefined
  readonly #inFlight = new InFlight()
  /** One for each transport. */
  readonly #hearings: Hearing[] = []
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
    this.#killSwitch = this.#switch()
    this.#gate = new FlowGate(parts.clock, this.#flow)
    listener.onChange = () => this.#change()
  }

  /** Once it resolves nothing can be missed. */
  async subscribe(transport: EventTransport, events: readonly EventAddress[]): Promise<void> {
    const { listenerName, since } = this.#listener
    const inbox = this.#inbox(transport)
    const subscription = await transport.subscribe({
      listenerName,
      events,
      ...(since === undefined ? {} : { since }),
      prefetch: () => this.#settings.prefetch,
    })
    this.#hearings.push({
      listenerName,
      handler: this.#listener.handler,
      settings: this.#settings,
      apiName: events[0]?.apiName ?? '',
      transport,
      subscription,
      note: (outcome) => {
        this.#killSwitch?.note(outcome)
        this.#gate.leave()
      },
      inbox,
      forced: this.#forced.signal,
    })
    if (!this.#stopping.signal.aborted) return
    await subscription.close()
    throw busStateWrong({ act: 'Listening', state: 'stopping', cure: 'It was stopped first.' })
  }

  /** Starts to handle what comes. */
  run(): void {
    this.#loops = this.#hearings.map((hearing) =>
      this.#pull(hearing).catch((error: unknown) => this.#parts.shutDown(error)),
    )
  }

  /** What there is to wait for until the groups have nothing left, where that would be gone with this process. */
  exhaust(): readonly (Promise<void> | undefined)[] {
    if (this.#stopping.signal.aborted || this.#flow.isPaused) return []
    return this.#hearings.map(({ subscription }) => subscription.drained?.())
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
    this.#killSwitch?.end()
    const closing = await Promise.allSettled(this.#hearings.map(({ subscription }) => subscription.close()))
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
    const allowed = this.#killSwitch?.concurrency ?? Infinity
    return {
      isPaused: this.#listener.isPaused || allowed === 0,
      concurrency: Math.min(concurrency, allowed),
      rateLimit,
    }
  }

  #change(): void {
    this.#settings = this.#parts.settings(this.#listener)
    const flow = this.#flow
    if (flow.isPaused) this.#pulling.abort()
    else if (this.#pulling.signal.aborted && !this.#stopping.signal.aborted)
      this.#pulling = new AbortController()
    this.#gate.change(flow)
    for (const { subscription } of this.#hearings) subscription.refresh()
  }

  async #pull(hearing: Hearing): Promise<void> {
    while (await this.#gate.isOpen(this.#stopping.signal))
      for await (const delivery of hearing.subscription.deliveries(this.#pulling.signal)) {
        if (!this.#gate.enterNow() && !(await this.#gate.enter(this.#stopping.signal))) break
        if (!this.#begin(hearing, delivery)) break
        if (!this.#gate.isOpenNow && !(await this.#gate.isOpen(this.#pulling.signal))) break
      }
  }

  // What may not begin any more goes back to the group with the subscription's end.
  #begin(hearing: Hearing, delivery: EventDelivery): boolean {
    if (this.#forced.signal.aborted) {
      this.#gate.leave()
      return false
    }
    this.#inFlight.start(() => handleEvent(this.#parts, hearing, delivery))
    return true
  }

  #switch(): KillSwitch | undefined {
    const { killSwitch } = this.#settings
    const { clock, log } = this.#parts
    const { listenerName } = this.#listener
    return (
      killSwitch && new KillSwitch(killSwitch, { clock, log, listenerName, changed: () => this.#change() })
    )
  }

  #inbox({ claims, name }: EventTransport): Inbox | undefined {
    const { inboxTtlMs: ttlMs } = this.#settings
    const { clock, log, serviceName } = this.#parts
    const { listenerName } = this.#listener
    if (ttlMs === undefined) return undefined
    if (!claims)
      throw transportFeatureAbsent({
        transport: name,
        feature: 'claims',
        wanted: `The idempotent listener "${listenerName}"`,
      })
    const trouble = (err: unknown, event: EventMessage): void =>
      log.warn(
        { err, event: eventPath(event), id: event.id, listener: listenerName },
        'A claim could not be kept',
      )
    return new Inbox({ claims, clock, group: `${serviceName}-${listenerName}`, ttlMs, trouble })
  }
}

const notClosed = 'A listener could not leave its group in order'
