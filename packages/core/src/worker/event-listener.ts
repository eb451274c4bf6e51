import type { ListenerOptions } from '../config/listener-config.ts'
import type { EventAddress } from '../contracts/event-address.ts'
import type { EventSubscription, EventTransport } from '../contracts/event-transport.ts'
import { transportFeatureAbsent } from '../errors/catalogue.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { handleEvent } from './handle-event.ts'
import type { EventHandler, HandleEventParts } from './hearing.ts'
import { Inbox } from './inbox.ts'
import { InFlight } from './in-flight.ts'
import { KillSwitch } from './kill-switch.ts'
import type { ListenerSettings } from './listener-settings.ts'

/** A listener as it was asked for: a group that shares the work, and the user's function. */
export interface Listener {
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  readonly handler: EventHandler
  readonly since: 'new' | 'beginning' | Date | undefined
  /** What code says of it; the configuration says the rest. */
  readonly options: ListenerOptions
}

/** One listener on one transport: a loop that pulls a delivery whenever a handler is free. */
export class EventListener {
  readonly #parts: HandleEventParts
  readonly #listener: Listener
  readonly #settings: ListenerSettings
  readonly #inFlight: InFlight
  readonly #stopping = new AbortController()
  readonly #forced = new AbortController()
  readonly #killSwitch: KillSwitch | undefined
  #transport: EventTransport | undefined
  #subscription: EventSubscription | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(parts: HandleEventParts, listener: Listener, settings: ListenerSettings) {
    this.#parts = { ...parts, shutDown: (error) => this.#shutDown(parts, error) }
    this.#listener = listener
    this.#settings = settings
    this.#inFlight = new InFlight(settings.concurrency)
    this.#killSwitch = settings.killSwitch && this.#switchWith(settings.killSwitch)
  }

  /** Once it resolves nothing can be missed. */
  async subscribe(transport: EventTransport, events: readonly EventAddress[]): Promise<void> {
    const { listenerName, since } = this.#listener
    if (this.#settings.inboxTtlMs !== undefined && !transport.claims)
      throw transportFeatureAbsent({
        transport: transport.name,
        feature: 'claims',
        wanted: `The idempotent listener "${listenerName}"`,
      })
    this.#transport = transport
    this.#subscription = await transport.subscribe({
      listenerName,
      events,
      ...(since === undefined ? {} : { since }),
      prefetch: () => this.#settings.prefetch,
    })
  }

  /** Starts to handle what comes. */
  run(): void {
    this.#loop = this.#pull().catch((error: unknown) => this.#parts.shutDown(error))
  }

  /** Takes nothing new, and waits until what runs is done. */
  async drain(): Promise<void> {
    if (!this.#stopping.signal.aborted) await this.#subscription?.drained?.()
    this.#stopping.abort()
    await this.#loop
    await this.#inFlight.idle()
  }

  /** Aborts what runs and leaves the group; what is still held goes to other members. Returns how many handlers were aborted. */
  async close(): Promise<number> {
    const aborted = this.#inFlight.count
    this.#stopping.abort()
    this.#forced.abort()
    this.#killSwitch?.end()
    await this.#subscription?.close()
    return aborted
  }

  // The event that failed must not come straight back to the listener that is about to stop for it.
  #shutDown(parts: HandleEventParts, error: unknown): void {
    this.#stopping.abort()
    parts.shutDown(error)
  }

  async #pull(): Promise<void> {
    const [transport, subscription] = [this.#transport, this.#subscription]
    if (!transport || !subscription) return
    const { listenerName, handler } = this.#listener
    const hearing = {
      listenerName,
      handler,
      settings: this.#settings,
      apiName: this.#listener.events[0]?.apiName ?? '',
      transport,
      subscription,
      note: (outcome: 'handled' | 'failed') => this.#killSwitch?.note(outcome),
      inbox: this.#inbox(transport),
      forced: this.#forced.signal,
    }
    const { signal } = this.#stopping
    const deliveries = subscription.deliveries(signal)[Symbol.asyncIterator]()
    while (await this.#mayPull(signal)) {
      const { done, value: delivery } = await deliveries.next()
      if (done) return
      this.#inFlight.start(() => handleEvent(this.#parts, hearing, delivery))
    }
    await deliveries.return?.()
  }

  // What may not be handled yet stays where it is. False when the listener stops.
  async #mayPull(signal: AbortSignal): Promise<boolean> {
    await this.#inFlight.room()
    try {
      await this.#killSwitch?.ready(signal)
    } catch {
      return false
    }
    return true
  }

  #switchWith(limit: NonNullable<ListenerSettings['killSwitch']>): KillSwitch {
    const { clock, log } = this.#parts
    const pause = (isPaused: boolean): void => {
      if (isPaused) this.#subscription?.pause?.()
      else this.#subscription?.resume?.()
    }
    return new KillSwitch(limit, { clock, log, listenerName: this.#listener.listenerName, pause })
  }

  #inbox({ claims }: EventTransport): Inbox | undefined {
    const { inboxTtlMs: ttlMs } = this.#settings
    if (ttlMs === undefined || !claims) return undefined
    const { clock, log, serviceName } = this.#parts
    const { listenerName } = this.#listener
    const trouble = (err: unknown, event: EventMessage): void =>
      log.warn(
        { err, event: eventPath(event), id: event.id, listener: listenerName },
        'A claim could not be kept',
      )
    return new Inbox({ claims, clock, group: `${serviceName}-${listenerName}`, ttlMs, trouble })
  }
}
