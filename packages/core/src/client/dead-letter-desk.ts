import type { DeadLetter, DeadLetterStore } from '../contracts/dead-letters.ts'
import type { EventAddress, ListenerAddress } from '../contracts/event-address.ts'
import type { EventTransport } from '../contracts/event-transport.ts'
import { transportFeatureAbsent } from '../errors/catalogue.ts'
import { eventPath } from '../messages/event-message.ts'
import type { TransportSet } from '../transports/transport-set.ts'
import type { Clock } from '../util/clock.ts'
import { redriveDeadLetters } from './redrive-dead-letters.ts'

/** Which dead letters: all unless it says otherwise, and those to which all that it says applies. */
export interface LetterFilter {
  readonly ids?: readonly string[]
  /** Codes or classes of the errors for which they were given up. */
  readonly codes?: readonly string[]
  /** Paths of events, `api.event`. What cannot be read is none of them. */
  readonly events?: readonly string[]
  readonly where?: (letter: DeadLetter) => boolean
}

export interface RedriveLetters extends LetterFilter {
  /** At most so many a second: as fast as it goes unless given. */
  readonly perSecond?: number
  /** Only counts. */
  readonly dryRun?: boolean
}

export interface DiscardLetters extends LetterFilter {
  /** Only counts. */
  readonly dryRun?: boolean
}

export interface DeadLetterDeskParts {
  readonly transports: TransportSet
  readonly clock: Clock
}

/** Reads, redrives and discards the dead letters of one listener, over all transports that its events travel over. */
export class DeadLetterDesk {
  readonly #parts: DeadLetterDeskParts

  constructor(parts: DeadLetterDeskParts) {
    this.#parts = parts
  }

  /** Those of the listener, the oldest of each transport first. */
  async *list(listener: ListenerAddress, filter: LetterFilter = {}): AsyncIterable<DeadLetter> {
    const isWanted = wanted(filter)
    for (const [store, address] of await this.#stores(listener))
      for await (const letter of store.list(address)) if (isWanted(letter)) yield letter
  }

  /** Gives them back to the listener, and to no other, with the attempts counted anew (E30). Returns how many. */
  async redrive(listener: ListenerAddress, options: RedriveLetters = {}): Promise<number> {
    const { clock } = this.#parts
    const chosen = { ...options, where: wanted(options) }
    let redriven = 0
    for (const [store, address] of await this.#stores(listener))
      redriven += await redriveDeadLetters({ store, clock }, address, chosen)
    return redriven
  }

  /** Deletes them. Returns how many. */
  async discard(
    listener: ListenerAddress,
    { dryRun = false, ...filter }: DiscardLetters = {},
  ): Promise<number> {
    const isWanted = wanted(filter)
    let discarded = 0
    for (const [store, address] of await this.#stores(listener))
      for await (const letter of store.list(address))
        if (isWanted(letter) && (dryRun || (await store.discard(letter)))) discarded += 1
    return discarded
  }

  async #stores({
    listenerName,
    events,
  }: ListenerAddress): Promise<ReadonlyMap<DeadLetterStore, ListenerAddress>> {
    const stores = new Map<DeadLetterStore, { listenerName: string; events: EventAddress[] }>()
    for (const address of events) {
      const store = storeOf(await this.#parts.transports.open('event', address.apiName))
      const known = stores.get(store) ?? { listenerName, events: [] }
      known.events.push(address)
      stores.set(store, known)
    }
    return stores
  }
}

function storeOf({ name, deadLetters }: EventTransport): DeadLetterStore {
  if (!deadLetters)
    throw transportFeatureAbsent({ transport: name, feature: 'dlq', wanted: 'Looking at dead letters' })
  return deadLetters
}

function wanted({ ids, codes, events, where }: LetterFilter): (letter: DeadLetter) => boolean {
  return (letter) =>
    (ids?.includes(letter.id) ?? true) &&
    (codes?.includes(letter.reason.code) ?? true) &&
    (events?.includes(letter.event ? eventPath(letter.event) : '') ?? true) &&
    (where?.(letter) ?? true)
}
