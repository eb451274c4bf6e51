import type { BusVerbs } from '../bus/bus.ts'
import { splitPath } from '../bus/split-path.ts'
import type { EventAddress, ListenerAddress } from '../contracts/event-address.ts'
import type { EventTransport } from '../contracts/event-transport.ts'
import { transportFeatureAbsent } from '../errors/catalogue.ts'
import { eventPath } from '../messages/event-message.ts'
import type { TransportSet } from '../transports/transport-set.ts'

/** Who listens on a bus, and what of it is still to be handled. */
export class Heard {
  readonly #listeners = new Set<ListenerAddress>()
  #transports: TransportSet | undefined

  constructor(bus: BusVerbs) {
    const listen = bus.listen.bind(bus)
    bus.listen = (events, handler, options) => {
      const control = listen(events, handler, options)
      const addresses = events.map(splitPath).map(([apiName, eventName]) => ({ apiName, eventName }))
      const listener = { listenerName: options.listenerName, events: addresses }
      this.#listeners.add(listener)
      const stop = (): Promise<void> => {
        // What waits for it now waits for another process.
        this.#listeners.delete(listener)
        return control.stop()
      }
      return { ...control, stop }
    }
  }

  /** The transports that the events travel over, once there are any. */
  over(transports: TransportSet): void {
    this.#transports = transports
  }

  get listenerNames(): readonly string[] {
    return [...this.#listeners].map(({ listenerName }) => listenerName)
  }

  /** Whether anybody listens for the event. */
  isHeard(path: string): boolean {
    return [...this.#listeners].some(({ events }) => events.some((address) => eventPath(address) === path))
  }

  /** A line for each listener that has not settled all its events. Throws where the transport cannot tell. */
  async waiting(): Promise<readonly string[]> {
    const lines: string[] = []
    for (const { listenerName, events } of this.#listeners)
      for (const [transport, together] of await this.#byTransport(events)) {
        if (!transport.standing)
          throw transportFeatureAbsent({ transport: transport.name, feature: 'lag', wanted: 'A test bus' })
        const { lag, pending } = await transport.standing({ listenerName, events: together })
        if (lag + pending > 0)
          lines.push(`the listener "${listenerName}" has not settled ${lag + pending} of its events`)
      }
    return lines
  }

  async #byTransport(
    events: readonly EventAddress[],
  ): Promise<ReadonlyMap<EventTransport, readonly EventAddress[]>> {
    const groups = new Map<EventTransport, EventAddress[]>()
    for (const address of events) {
      const transport = await this.#transports?.open('event', address.apiName)
      if (transport) groups.set(transport, [...(groups.get(transport) ?? []), address])
    }
    return groups
  }
}
