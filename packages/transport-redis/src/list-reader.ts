import type { Redis } from 'ioredis'
import { BlockingReader, blockMs, type WaitingClient, type Watch } from './blocking-reader.ts'
import { takeScript } from './call-scripts.ts'
import { PerSlot } from './per-slot.ts'
import { runScript } from './run-script.ts'

/** Somebody who takes items from a list, as many as there is room for. */
export interface Taker {
  readonly key: string
  /** How many more may come now. Read before each fetch. */
  room(): number
  /** The oldest items, gone from the list by now. Never throws. */
  take(items: readonly string[]): Promise<void>
}

/**
 * One waiting read for all lists that this process takes from: the queues it serves and its replies. The list served
 * last comes last in the next read, so that a busy one does not starve the others.
 */
export class ListReader {
  private readonly commands: Redis
  private readonly reader: BlockingReader
  private takers: Taker[] = []
  private waitingFor = new Set<Taker>()
  private readonly takingNow = new Map<Taker, Promise<void>>()
  private running: Promise<void> | undefined
  private round: Promise<void> = Promise.resolve()
  private isClosed = false

  constructor(commands: Redis, open: () => Promise<WaitingClient>, watch: Watch) {
    this.commands = commands
    this.reader = new BlockingReader(open, watch)
  }

  /** Whether calls and results that have come are not heard of. */
  get isStuck(): boolean {
    return this.reader.isStuck
  }

  add(taker: Taker): void {
    this.takers.push(taker)
    this.changed()
  }

  /** Resolves when the taker will be given nothing more. */
  async remove(taker: Taker): Promise<void> {
    this.takers = this.takers.filter((other) => other !== taker)
    await this.takingNow.get(taker)
    if (!this.waitingFor.has(taker)) return
    // The round that it waits in, and not the next one, which others may be waiting in by then.
    const { round } = this
    await this.reader.unblock()
    await round
  }

  /** To be called when a taker has room again. */
  changed(): void {
    if (this.isClosed) return
    if (!this.running) {
      if (this.ready().length > 0) this.running = this.run()
    } else if (this.waitingFor.size > 0)
      for (const taker of this.ready()) if (!this.waitingFor.has(taker)) this.takeNow(taker)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.reader.close()
    await Promise.all([this.running, ...this.takingNow.values()])
  }

  private ready(): Taker[] {
    return this.takers.filter((taker) => taker.room() > 0 && !this.takingNow.has(taker))
  }

  private async run(): Promise<void> {
    for (let ready = this.ready(); !this.isClosed && ready.length > 0; ready = this.ready()) {
      this.waitingFor = new Set(ready)
      this.round = this.readOnce(ready)
      await this.round
      this.waitingFor = new Set()
    }
    this.reader.rest()
    this.running = undefined
  }

  private async readOnce(ready: readonly Taker[]): Promise<void> {
    const keys = [...new Set(ready.map((taker) => taker.key))]
    const found = await this.reader.read((client) => client.blpop(keys, blockMs / 1_000))
    if (!found) return
    const [key, item] = found
    const taker = ready.find((one) => one.key === key)
    if (!taker) return
    this.takers = [
      ...this.takers.filter((one) => one !== taker),
      ...this.takers.filter((one) => one === taker),
    ]
    await taker.take([item, ...(await this.more(taker))])
  }

  /** Takes what is there already while the read waits for other lists: quicker than to end it and read anew. */
  private takeNow(taker: Taker): void {
    this.takingNow.set(
      taker,
      Promise.resolve().then(() => this.takeAll(taker)),
    )
  }

  private async takeAll(taker: Taker): Promise<void> {
    for (let isEmpty = false; !isEmpty && this.hasRoom(taker);) {
      const items = await this.some(taker, taker.room())
      isEmpty = items.length === 0
      if (!isEmpty) await taker.take(items)
    }
    this.takingNow.delete(taker)
    if (!this.running) this.changed()
    else if (this.waitingFor.size > 0 && !this.waitingFor.has(taker) && this.hasRoom(taker))
      void this.reader.unblock()
  }

  private hasRoom(taker: Taker): boolean {
    return !this.isClosed && this.takers.includes(taker) && taker.room() > 0
  }

  /** What stands behind the item that woke us, as far as there is room for it. */
  private async more(taker: Taker): Promise<readonly string[]> {
    return this.takers.includes(taker) ? this.some(taker, taker.room() - 1) : []
  }

  private async some(taker: Taker, room: number): Promise<readonly string[]> {
    if (room < 1) return []
    try {
      return (await runScript(this.commands, takeScript, [taker.key], [Math.min(room, 1_000)])) as string[]
    } catch {
      // The connection for commands reports its loss; the next read goes on.
      return []
    }
  }
}

/** A reader for all lists; in a Cluster, one for the lists of each slot. */
export class ListReaders {
  readonly #bySlot: PerSlot<ListReader>

  constructor(hasSlots: boolean, make: (key: string) => ListReader) {
    this.#bySlot = new PerSlot(hasSlots, make)
  }

  get isStuck(): boolean {
    return this.#bySlot.all().some((reader) => reader.isStuck)
  }

  add(taker: Taker): void {
    this.#bySlot.of(taker.key).add(taker)
  }

  /** Resolves when the taker will be given nothing more. */
  remove(taker: Taker): Promise<void> {
    return this.#bySlot.of(taker.key).remove(taker)
  }

  /** To be called when a taker has room again. */
  changed(): void {
    for (const reader of this.#bySlot.all()) reader.changed()
  }

  async close(): Promise<void> {
    await Promise.all(this.#bySlot.all().map((reader) => reader.close()))
  }
}
