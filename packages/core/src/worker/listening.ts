import type { ApiRegistry } from '../api/api-registry.ts'
import type { EventAddress } from '../contracts/event-address.ts'
import type { EventTransport } from '../contracts/event-transport.ts'
import { eventUnknown } from '../errors/catalogue.ts'
import type { SchemaKeeper } from '../schema/schema-keeper.ts'
import type { Patience, TransportSet } from '../transports/transport-set.ts'
import { nearest } from '../util/nearest.ts'
import { EventListener, type EventListenerParts } from './event-listener.ts'
import type { InFlightCounts } from './in-flight.ts'
import type { Listener } from './listener.ts'

export interface ListeningParts {
  readonly apis: ApiRegistry
  readonly keeper: SchemaKeeper
  readonly transports: TransportSet
  readonly handling: EventListenerParts
}

/** The listeners that run, each for itself: they come and go while others run. */
export class Listening {
  readonly #parts: ListeningParts
  readonly #running = new Map<Listener, EventListener>()

  constructor(parts: ListeningParts) {
    this.#parts = parts
  }

  /** Once it resolves nothing can be missed. A listener that could not get ready leaves nothing behind. */
  async add(listener: Listener, patience: Patience): Promise<void> {
    for (const address of listener.events) this.#checkKnown(address)
    const running = new EventListener(this.#parts.handling, listener)
    this.#running.set(listener, running)
    try {
      for (const [transport, events] of await this.#byTransport(listener, patience))
        await running.subscribe(transport, events)
    } catch (error) {
      await this.#close(listener, running)
      throw error
    }
  }

  /** Starts to handle what comes: one listener, or all. */
  run(listener?: Listener): void {
    if (listener) this.#running.get(listener)?.run()
    else for (const running of this.#running.values()) running.run()
  }

  /** Resolves when what the listener has in hand is done; then it leaves its group as it is. `wait` ends the waiting when it takes too long. */
  async remove(listener: Listener, wait: (drained: Promise<void>) => Promise<unknown>): Promise<void> {
    const running = this.#running.get(listener)
    if (!running) return
    await wait(running.drain())
    await this.#close(listener, running)
  }

  /** What is finished from here on is counted. */
  countAnew(): void {
    for (const running of this.#running.values()) running.countAnew()
  }

  /** Waits until the groups have nothing left, where that would be gone with this process; undefined where there is nothing to wait for. */
  exhaust(): Promise<unknown> | undefined {
    const waits = [...this.#running.values()]
      .flatMap((running) => running.exhaust())
      .filter((wait) => wait !== undefined)
    return waits.length > 0 ? Promise.all(waits) : undefined
  }

  /** Takes nothing new, and waits until all that runs is done. */
  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => running.drain()))
  }

  /** Aborts what runs, and leaves the groups. What became of what each listener had in hand, by its name. */
  async close(): Promise<ReadonlyMap<string, InFlightCounts>> {
    const counts = new Map<string, InFlightCounts>()
    const closing = [...this.#running].map(async ([listener, running]) => {
      counts.set(listener.listenerName, await this.#close(listener, running))
    })
    await Promise.all(closing)
    return counts
  }

  async #close(listener: Listener, running: EventListener): Promise<InFlightCounts> {
    if (this.#running.get(listener) === running) this.#running.delete(listener)
    return running.close()
  }

  // The events of one listener may travel over several transports.
  async #byTransport(
    { events }: Listener,
    patience: Patience,
  ): Promise<ReadonlyMap<EventTransport, readonly EventAddress[]>> {
    const groups = new Map<EventTransport, EventAddress[]>()
    for (const address of events) {
      const transport = await this.#parts.transports.openPatiently('event', address.apiName, patience)
      groups.set(transport, [...(groups.get(transport) ?? []), address])
    }
    return groups
  }

  #checkKnown({ apiName, eventName }: EventAddress): void {
    const { apis, keeper, handling } = this.#parts
    const api = apis.get(apiName)
    if (api && !Object.hasOwn(api.events, eventName))
      throw eventUnknown({
        api: apiName,
        event: eventName,
        nearest: nearest(eventName, Object.keys(api.events)),
      })
    if (!api && !keeper.knows(apiName))
      handling.log.warn(
        { api: apiName },
        `Nobody publishes the API "${apiName}" yet; listening for "${eventName}" all the same`,
      )
  }
}
