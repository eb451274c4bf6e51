import { isBusError, type BusError, type EventAddress, type EventMessage } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { addressOf, decodeEntry, isNoOp } from './event-fields.ts'
import { nativeId, nextId, timeOf } from './stream-ids.ts'
import type { Entry } from './stream-replies.ts'

/** An entry that a listener of every process hears. */
export type HeardEntry = {
  readonly nativeId: string
  /** From when on it is not to be handed over, by the clock of Redis. */
  readonly expiresAt: number
} & (
  | { readonly event: EventMessage; readonly undecodable?: undefined }
  | { readonly event?: undefined; readonly undecodable: BusError }
)

/** One stream, read from a place on without a group: the place is kept here, so nothing is missed between two reads. */
export class BroadcastSource {
  readonly stream: string
  /** Something may be there that was not read yet. */
  hasNew = true
  lastId = '0-0'
  readonly #commands: Redis
  readonly #wants: (event: EventAddress) => boolean

  constructor(commands: Redis, stream: string, wants: (event: EventAddress) => boolean) {
    this.#commands = commands
    this.stream = stream
    this.#wants = wants
  }

  /** Starts behind this id, or with what comes from now on. */
  async startAt(id: string): Promise<void> {
    if (id !== '$') this.lastId = id
    else {
      const newest = (await this.#commands.xrevrange(this.stream, '+', '-', 'COUNT', 1)) as Entry[]
      this.lastId = newest[0]?.[0] ?? '0-0'
    }
  }

  /** What follows, as far as it is wanted. */
  async read(count: number): Promise<readonly HeardEntry[]> {
    this.hasNew = false
    const from = nextId(this.lastId)
    try {
      const entries = (await this.#commands.xrange(this.stream, from, '+', 'COUNT', count)) as Entry[]
      const last = entries.at(-1)
      if (last) this.lastId = last[0]
      if (last) this.hasNew = true
      return entries.flatMap((entry) => this.#heard(entry))
    } catch (error) {
      this.hasNew = true
      throw error
    }
  }

  #heard([id, fields]: Entry): HeardEntry[] {
    if (fields === null || isNoOp(fields)) return []
    const address = addressOf(fields)
    if (address && !this.#wants(address)) return []
    const place = nativeId(this.stream, id)
    try {
      const { event, ttlMs } = decodeEntry(fields, place)
      return [{ nativeId: place, event, expiresAt: timeOf(id) + ttlMs }]
    } catch (error) {
      if (!isBusError(error)) throw error
      return [{ nativeId: place, undecodable: error, expiresAt: Infinity }]
    }
  }
}
