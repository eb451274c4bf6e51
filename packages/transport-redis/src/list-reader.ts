import type { Redis } from 'ioredis'
import { BlockingReader, type WaitingClient, type Watch } from './blocking-reader.ts'
import { busyListsScript, takeScript } from './call-scripts.ts'
import { PerSlot } from './per-slot.ts'
import { isReplyError } from './redis-errors.ts'
import { runScript, type ScriptRun } from './run-script.ts'
import { waitAndFetch, type Behind } from './wait-and-fetch.ts'

/** Somebody who takes items from a list, as many as there is room for. */
export interface Taker {
  readonly key: string
  /** How many more may come now. Read before each fetch. */
  room(): number
  /** The oldest item, which the wait itself has brought. Never throws. */
  takeFirst(item: string): void
  /** What takes up to so many of the oldest items out of the list. */
  fetch(count: number): ScriptRun
  /** What a fetch has brought. Tells how many items that were. Never throws. */
  take(fetched: readonly unknown[]): number
  /** What has to come with the first item where nothing is fetched. */
  readonly behind: 'time' | 'nothing'
}

/** Takes whatever is in a list, many at a time. */
export function listTaker(key: string, take: (items: readonly string[]) => void): Taker {
  return {
    key,
    behind: 'nothing',
    room: () => mostAtOnce,
    takeFirst: (item) => take([item]),
    fetch: (count) => ({ script: takeScript, keys: [key], values: [count] }),
    take(items) {
      if (items.length > 0) take(items as readonly string[])
      return items.length
    },
  }
}

const mostAtOnce = 1_000
// So many lists are fetched from in the same go as all are waited for: those that something came from last.
const mostEager = 2
// Beyond so many lists it pays to look which of them have something.
const fewLists = 8
// After so many items that came alone nothing is expected to stand behind the next one, but now and then it is looked for.
const fewAlone = 4
const alonePeriod = 8

/**
 * One waiting read for all lists that this process takes from: the queues it serves and its replies. The list served
 * last comes last in the next read, so that a busy one does not starve the others.
 */
export class ListReader {
  private readonly commands: Redis
  private readonly reader: BlockingReader
  private takers: Taker[] = []
  /** Those that something came from, the last one last. */
  private served: Taker[] = []
  /** How many items in a row came alone. */
  private readonly alone = new Map<Taker, number>()
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
    this.changed(taker)
  }

  /** Resolves when the taker will be given nothing more. */
  async remove(taker: Taker): Promise<void> {
    this.takers = this.takers.filter((other) => other !== taker)
    this.served = this.served.filter((other) => other !== taker)
    this.alone.delete(taker)
    await this.takingNow.get(taker)
    if (!this.waitingFor.has(taker)) return
    // The round that it waits in, and not the next one, which others may be waiting in by then.
    const { round } = this
    await this.reader.unblock()
    await round
  }

  /** To be called when a taker has room again. */
  changed(taker: Taker): void {
    if (this.isClosed || !this.isReady(taker)) return
    if (!this.running) this.running = this.run()
    else if (this.waitingFor.size > 0 && !this.waitingFor.has(taker)) this.takeNow(taker)
  }

  isWaitingFor(taker: Taker): boolean {
    return this.waitingFor.has(taker)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.reader.close()
    await Promise.all([this.running, ...this.takingNow.values()])
  }

  private isReady(taker: Taker): boolean {
    return this.hasRoom(taker) && !this.takingNow.has(taker)
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
      // What has come goes first: a write costs more than the answer to a call.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.reader.rest()
    this.running = undefined
  }

  private async readOnce(ready: readonly Taker[]): Promise<void> {
    const keys = [...new Set(ready.map((taker) => taker.key))]
    const eager = this.served.filter((taker) => ready.includes(taker)).slice(-mostEager)
    const round = await this.reader.read((client) => waitAndFetch(client, keys, eager.map(this.behind)))
    if (!round) return
    const [key, item] = round.first ?? []
    const owner = ready.find((taker) => taker.key === key)
    if (owner && item !== undefined) this.takeFirst(owner, item)
    // Who is idle asks for nothing beside.
    else this.served = []
    for (const [index, taker] of eager.entries()) this.handOver(taker, round.fetched[index], taker === owner)
    // Before the next wait, which would else be for the others only and have to be ended for this one.
    if (owner && !eager.includes(owner)) await this.takeSome(owner)
    if (owner && ready.length > fewLists) await this.takeFromAll(ready)
  }

  /** To wait for many lists costs as much as there are. Before that happens again, all is taken that has come to any of them meanwhile. */
  private async takeFromAll(takers: readonly Taker[]): Promise<void> {
    for (let isMore = true; isMore;) {
      const waiting = takers.filter((taker) => this.isReady(taker))
      if (waiting.length === 0) return
      const keys = waiting.map(({ key }) => key)
      const reply = await runScript(this.commands, busyListsScript, keys, []).catch(() => [])
      const busy = (reply as readonly number[]).flatMap((place) => waiting[place - 1] ?? [])
      const taken = await Promise.all(busy.map(async (taker) => this.takeSome(taker)))
      isMore = taken.some((count) => count > 0)
    }
  }

  /** What is to come with the item that ends the wait: in the room for one there is that item. */
  private readonly behind = (taker: Taker): Behind => {
    const alone = this.alone.get(taker) ?? 0
    const isBusy = alone < fewAlone || alone % alonePeriod === 0
    return isBusy ? taker.fetch(Math.min(mostAtOnce, taker.room()) - 1) : taker.behind
  }

  private takeFirst(owner: Taker, item: string): void {
    owner.takeFirst(item)
    const isOther = (taker: Taker): boolean => taker !== owner
    if (!this.takers.includes(owner)) return
    this.takers = [...this.takers.filter(isOther), owner]
    this.served = [...this.served.filter(isOther), owner]
  }

  private handOver(taker: Taker, fetched: readonly unknown[] | Error | undefined, isOwner: boolean): void {
    if (Array.isArray(fetched)) {
      const count = taker.take(fetched)
      if (isOwner || count > 0) this.alone.set(taker, count > 0 ? 0 : (this.alone.get(taker) ?? 0) + 1)
    } // What it does not know yet it learns when it is asked with the text.
    else if (isReplyError(fetched, 'NOSCRIPT')) this.takeNow(taker)
  }

  /** Takes what is there already while the read waits for other lists: quicker than to end it and read anew. */
  private takeNow(taker: Taker): void {
    if (this.takingNow.has(taker)) return
    this.takingNow.set(
      taker,
      Promise.resolve().then(() => this.takeAll(taker)),
    )
  }

  private async takeAll(taker: Taker): Promise<void> {
    while (this.hasRoom(taker) && (await this.takeSome(taker)) > 0);
    this.takingNow.delete(taker)
    if (!this.running) this.changed(taker)
    else if (this.waitingFor.size > 0 && !this.waitingFor.has(taker) && this.hasRoom(taker))
      void this.reader.unblock()
  }

  private hasRoom(taker: Taker): boolean {
    return !this.isClosed && this.takers.includes(taker) && taker.room() > 0
  }

  private async takeSome(taker: Taker): Promise<number> {
    const { script, keys, values } = taker.fetch(Math.min(mostAtOnce, taker.room()))
    try {
      return taker.take((await runScript(this.commands, script, keys, values)) as readonly unknown[])
    } catch {
      // The connection for commands reports its loss; the next read goes on.
      return 0
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
  changed(taker: Taker): void {
    this.#bySlot.of(taker.key).changed(taker)
  }

  isWaitingFor(taker: Taker): boolean {
    return this.#bySlot.of(taker.key).isWaitingFor(taker)
  }

  async close(): Promise<void> {
    await Promise.all(this.#bySlot.all().map((reader) => reader.close()))
  }
}
