import type {
  EventDelivery,
  EventSubscription,
  Receipt,
  Settled,
  TransportContext,
} from '@lightbus/core/transport'
import type { BroadcastSource, HeardEntry } from './broadcast-source.ts'
import type { Connections } from './connections.ts'
import { reportExpired } from './lost-events.ts'
import type { EventOptions } from './options.ts'
import { OwnTurns } from './own-turns.ts'
import { PullLoop, type Supply } from './pull-loop.ts'
import type { Rounds } from './rounds.ts'
import { ServerClock } from './server-clock.ts'

interface BroadcastParts {
  readonly redis: Connections
  readonly rounds: Rounds
  readonly sources: readonly BroadcastSource[]
  /** Of the listener, as notices name it. Redis keeps no group of a broadcast. */
  readonly group: string
  readonly options: EventOptions
  readonly context: TransportContext
  readonly prefetch: () => number
  readonly onClose: () => void
}

interface Heard {
  readonly source: BroadcastSource
  readonly entry: HeardEntry
  readonly attempt: number
}

// So many events may wait here for others of their keys; then nothing more is read, as they are kept in memory.
const maxBehind = 1_000

/**
 * All events of some streams for this process alone. Redis knows nothing of it: what is handled, given back or given up is so
 * here only, and over when it closes.
 */
export class BroadcastSubscription implements EventSubscription, Supply {
  readonly #parts: BroadcastParts
  readonly #loop: PullLoop
  readonly #time: ServerClock
  readonly #held = new Map<Receipt, Heard>()
  readonly #turns = new OwnTurns<Heard>()
  #ready: Heard[] = []
  #isTimeDue = false
  #turn = 0

  constructor(parts: BroadcastParts) {
    this.#parts = parts
    const { context, options, redis } = parts
    this.#time = new ServerClock(redis.commands)
    this.#loop = new PullLoop({
      clock: context.clock,
      restartDelayMs: options.restartDelayMs,
      supply: this,
    })
  }

  /** From here on nothing is missed. */
  async getReady(start: string): Promise<void> {
    for (const source of this.#parts.sources) {
      await source.startAt(start)
      const ring = (): void => {
        source.hasNew = true
        this.#loop.wake()
      }
      this.#loop.undo.push(await this.#parts.redis.doorbell.add(source.stream, ring))
    }
    const streams = this.#parts.sources.map(({ stream }) => stream)
    const wake = (): void => this.#loop.wake()
    this.#loop.undo.push(await this.#parts.rounds.attend({ streams, sources: [], wake }))
    if (this.#loop.isClosed) this.#loop.leave()
  }

  get state(): EventSubscription['state'] {
    return this.#loop.state
  }

  deliveries(signal: AbortSignal): AsyncIterable<EventDelivery> {
    return this.#loop.deliveries(signal)
  }

  refresh(): void {
    this.#loop.wake()
  }

  pause(): void {
    this.#loop.pause()
  }

  resume(): void {
    this.#loop.resume()
  }

  async acknowledge(receipt: Receipt): Promise<Settled> {
    const heard = this.#settle(receipt)
    if (heard) this.#leave(heard)
    return heard ? 'settled' : 'lost'
  }

  async giveBack(receipt: Receipt, { delayMs = 0 }: { readonly delayMs?: number } = {}): Promise<Settled> {
    const heard = this.#settle(receipt)
    if (!heard) return 'lost'
    const again = { ...heard, attempt: heard.attempt + 1 }
    if (delayMs > 0) this.#loop.after(delayMs, () => this.#again(again))
    else this.#again(again)
    return 'settled'
  }

  /** The others hear it all the same, so there is no group to keep it for. */
  async deadLetter(receipt: Receipt): Promise<Settled> {
    return this.acknowledge(receipt)
  }

  /** Nobody else can take it. */
  async renew(receipt: Receipt): Promise<Settled> {
    return this.#held.has(receipt) ? 'settled' : 'lost'
  }

  async close(): Promise<void> {
    if (this.#loop.isClosed) return
    this.#loop.close()
    this.#parts.onClose()
    this.#held.clear()
    this.#ready = []
  }

  get isFull(): boolean {
    return this.#held.size >= this.#parts.prefetch()
  }

  next(): EventDelivery | undefined {
    if (this.#isTimeDue || this.isFull) return undefined
    for (let heard = this.#ready.shift(); heard; heard = this.#ready.shift()) {
      if (heard.entry.expiresAt > this.#time.now()) return this.#handOut(heard)
      this.#leave(heard)
      reportExpired(this.#parts.context, { stream: heard.source.stream, group: this.#parts.group }, 1)
    }
    return undefined
  }

  async more(): Promise<boolean> {
    if (this.#isTimeDue) await this.#time.sync()
    this.#isTimeDue = false
    if (this.isFull) return false
    if (this.#ready.length > 0) return true
    const { sources } = this.#parts
    this.#turn += 1
    for (let i = 0; i < sources.length; i += 1) {
      const source = sources[(i + this.#turn) % sources.length]
      if (source?.hasNew && this.#turns.size < maxBehind) await this.#read(source)
    }
    const isMoreToRead = this.#turns.size < maxBehind && sources.some(({ hasNew }) => hasNew)
    return this.#ready.length > 0 || isMoreToRead
  }

  /** What was read and not handed out stays: there is nobody else to give it to. */
  async rest(): Promise<void> {}

  async #read(source: BroadcastSource): Promise<void> {
    const room = this.#parts.prefetch() - this.#held.size
    const entries = await source.read(Math.max(1, Math.min(this.#parts.options.batchSize, room)))
    for (const entry of entries) {
      const heard = { source, entry, attempt: 1 }
      const key = keyOf(heard)
      if (key === undefined || this.#turns.enter(key, heard)) this.#ready.push(heard)
    }
    if (entries.some(({ expiresAt }) => expiresAt < Infinity)) this.#isTimeDue = true
  }

  #handOut(heard: Heard): EventDelivery {
    const receipt = {}
    this.#held.set(receipt, heard)
    const { event, undecodable, nativeId } = heard.entry
    const delivery = { attempt: heard.attempt, nativeId, receipt }
    return event ? { ...delivery, event: structuredClone(event) } : { ...delivery, undecodable }
  }

  #again(heard: Heard): void {
    this.#ready.push(heard)
    this.#loop.wake()
  }

  /** It is done with, and the next of its key may go ahead. */
  #leave(heard: Heard): void {
    const key = keyOf(heard)
    const next = key === undefined ? undefined : this.#turns.leave(key)
    if (next) this.#ready.push(next)
  }

  #settle(receipt: Receipt): Heard | undefined {
    const heard = this.#held.get(receipt)
    this.#held.delete(receipt)
    // Room for another.
    this.#loop.wake()
    return heard
  }
}

function keyOf({ entry: { event } }: Heard): string | undefined {
  return event?.key === undefined ? undefined : `${event.apiName} ${event.key}`
}
