import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { BlockingReader, blockMs, type WaitingClient, type Watch } from './blocking-reader.ts'
import { PerSlot } from './per-slot.ts'
import { compareIds } from './stream-ids.ts'
import type { Entry } from './stream-replies.ts'

// How long nobody asks for all streams again once some have rung, by the stream: of a thousand streams, ten milliseconds.
const roundMsByStream = 0.01

interface Bell {
  lastId: string
  readonly ringers: Set<() => void>
}

/**
 * Waits for anything new on any stream that some listener of this process hears, with a single connection. It only rings: each
 * group then reads for itself on the connection for commands.
 */
export class Doorbell {
  private readonly commands: Redis
  private readonly reader: BlockingReader
  private readonly bells = new Map<string, Bell>()
  private running: Promise<void> | undefined
  private isClosed = false
  /** The streams that had something new when all were asked last, and when all may be asked again. */
  private busy: readonly string[] = []
  private nextRoundAt = 0

  constructor(commands: Redis, open: () => Promise<WaitingClient>, watch: Watch) {
    this.commands = commands
    this.reader = new BlockingReader(open, watch)
  }

  /** Whether events that have come are not heard of. */
  get isStuck(): boolean {
    return this.reader.isStuck
  }

  /** Rings from now on whenever the stream has something new. Returns how to stop it. */
  async add(stream: string, ring: () => void): Promise<() => void> {
    let bell = this.bells.get(stream)
    if (!bell) {
      const newest = (await this.commands.xrevrange(stream, '+', '-', 'COUNT', 1)) as Entry[]
      bell = this.bells.get(stream) ?? { lastId: newest[0]?.[0] ?? '0-0', ringers: new Set() }
      this.bells.set(stream, bell)
      void this.reader.unblock()
    }
    bell.ringers.add(ring)
    this.running ??= this.run()
    return () => this.remove(stream, ring)
  }

  /** Somebody has read this far. The others on the stream hear of it, as the bell will not ring for it any more. */
  seen(stream: string, id: string, except?: () => void): void {
    const bell = this.bells.get(stream)
    if (!bell || compareIds(id, bell.lastId) <= 0) return
    bell.lastId = id
    for (const ring of bell.ringers) if (ring !== except) ring()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.bells.clear()
    await this.reader.close()
    await this.running
  }

  private remove(stream: string, ring: () => void): void {
    const bell = this.bells.get(stream)
    bell?.ringers.delete(ring)
    if (bell?.ringers.size === 0) this.bells.delete(stream)
    if (this.bells.size === 0) void this.reader.unblock()
  }

  private async run(): Promise<void> {
    while (!this.isClosed && this.bells.size > 0) {
      const untilRoundMs = this.nextRoundAt - performance.now()
      if (untilRoundMs <= 0) await this.round()
      else await this.wait(this.busy, Math.ceil(untilRoundMs))
    }
    this.reader.rest()
    this.running = undefined
  }

  // To ask for all costs as much as there are streams. Those that are rung for come first, and for a while only they are asked.
  private async round(): Promise<void> {
    this.planRound()
    const found = await this.wait([...this.bells.keys()], blockMs)
    if (!found) return
    this.busy = found
    this.planRound()
  }

  private planRound(): void {
    this.nextRoundAt = performance.now() + this.bells.size * roundMsByStream
  }

  /** Rings for what is new or comes within that time. Returns where it was. */
  private async wait(streams: readonly string[], ms: number): Promise<readonly string[] | undefined> {
    const known = streams.flatMap((stream) => {
      const bell = this.bells.get(stream)
      return bell ? [[stream, bell.lastId] as const] : []
    })
    if (known.length === 0) {
      await pause(ms)
      return undefined
    }
    const names = known.map(([stream]) => stream)
    const ids = known.map(([, lastId]) => lastId)
    const found = await this.reader.read((client) =>
      client.xread('COUNT', 1, 'BLOCK', ms, 'STREAMS', ...names, ...ids),
    )
    for (const [stream, entries] of found ?? []) this.seen(stream, entries.at(-1)?.[0] ?? '0-0')
    return found?.map(([stream]) => stream)
  }
}

/** A doorbell for all streams; in a Cluster, one for the streams of each slot. */
export class Doorbells {
  readonly #bySlot: PerSlot<Doorbell>

  constructor(hasSlots: boolean, make: (stream: string) => Doorbell) {
    this.#bySlot = new PerSlot(hasSlots, make)
  }

  get isStuck(): boolean {
    return this.#bySlot.all().some((doorbell) => doorbell.isStuck)
  }

  /** Rings from now on whenever the stream has something new. Returns how to stop it. */
  add(stream: string, ring: () => void): Promise<() => void> {
    return this.#bySlot.of(stream).add(stream, ring)
  }

  /** Somebody has read this far. */
  seen(stream: string, id: string, except?: () => void): void {
    this.#bySlot.of(stream).seen(stream, id, except)
  }

  async close(): Promise<void> {
    await Promise.all(this.#bySlot.all().map((doorbell) => doorbell.close()))
  }
}
