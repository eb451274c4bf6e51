import {
  realClock,
  redriveDeadLetters,
  type DeadLetterStore,
  type EventTransport,
} from '@lightbus/core/transport'
import { multiply } from './backlog.ts'
import { boundsOf } from './bounds.ts'
import type { LettersFigure } from './letters-figures.ts'
import type { ScaleParts } from './parts.ts'
import { eventOf, group, listenerOf, streamOf, transportFor } from './scale-bus.ts'
import { heapMb, median, timed, timesOf } from './stopwatch.ts'

const some = 100
const few = 10
const reason = { code: 'GIVEN_UP', message: 'It is given up.', stack: 'at line\n'.repeat(50), attempts: 5 }

/** What it costs to do something with the dead letters of a listener that had so many before it gave up a hundred more. */
class WithLetters {
  readonly #parts: ScaleParts<LettersFigure>
  readonly #size: number
  readonly #apiName: string
  readonly #listener: ReturnType<typeof listenerOf>
  readonly #transport: EventTransport
  readonly #store: DeadLetterStore

  constructor(parts: ScaleParts<LettersFigure>, size: number, transport: EventTransport) {
    if (!transport.deadLetters) throw new Error('The transport has no dead letters.')
    this.#parts = parts
    this.#size = size
    this.#apiName = `scale.dead${size}`
    this.#listener = listenerOf(this.#apiName)
    this.#transport = transport
    this.#store = transport.deadLetters
  }

  /** Makes them, as copies of one that was given up. */
  async fill(): Promise<void> {
    if (this.#size === 0) return
    await this.#giveUp(1)
    await multiply(this.#parts.watch.redis, `${this.#prefix}:dead`, this.#size - 1)
  }

  async measure(): Promise<void> {
    const longestMs = await this.#parts.watch.longestMs(async () => {
      this.#note('adding', median(await this.#giveUp(some)))
      this.#note('first', median(await timesOf(few, () => timed(() => this.#list(some)))))
      await this.#listAll()
      this.#note('discarding', median(await this.#discard(some)))
      await this.#redriveAll()
    })
    this.#note('longest', longestMs)
  }

  /** How much is asked at once by all of it. */
  async bounds(): Promise<void> {
    const commands = await this.#parts.watch.monitored(async () => {
      await this.#giveUp(few)
      await this.#discard(few)
      await this.#redrive(() => Math.random() < few / this.#size)
      await this.#standing()
    })
    const { entries, inScript, unbounded } = boundsOf(commands)
    this.#note('entries', entries)
    this.#note('inScript', inScript)
    this.#note('unbounded', unbounded.length)
  }

  /** Takes away all that is left of them. */
  async clear(): Promise<void> {
    await this.#parts.watch.redis.unlink(`${this.#prefix}:dead`, `${this.#prefix}:redriven`)
  }

  async #giveUp(count: number): Promise<number[]> {
    const subscription = await this.#transport.subscribe({ ...this.#listener, prefetch: () => 1 })
    const deliveries = subscription.deliveries(new AbortController().signal)[Symbol.asyncIterator]()
    const times = await timesOf(count, async () => {
      await this.#transport.send(eventOf(this.#apiName))
      const { value, done } = await deliveries.next()
      if (done) throw new Error('The deliveries have ended.')
      return timed(() => subscription.deadLetter(value.receipt, reason))
    })
    await subscription.close()
    return times
  }

  async #list(count: number, at: (index: number) => void = () => undefined): Promise<number> {
    let index = 0
    for await (const { id } of this.#store.list(this.#listener)) {
      if (id === '' || index >= count) break
      at(index)
      index += 1
    }
    return index
  }

  async #listAll(): Promise<void> {
    const ms = await timed(() => this.#list(Infinity))
    this.#note('listing', (ms / (this.#size + some)) * 1_000)
    const before = heapMb()
    await this.#list(Infinity, (index) => {
      if (index === this.#middle) this.#note('listHeap', heapMb(before))
    })
  }

  async #discard(count: number): Promise<number[]> {
    const times: number[] = []
    for await (const letter of this.#store.list(this.#listener)) {
      if (times.length === count) break
      times.push(await timed(() => this.#store.discard(letter)))
    }
    return times
  }

  async #redriveAll(): Promise<void> {
    await this.#giveUp(some)
    const before = heapMb()
    let index = 0
    await this.#redrive(() => {
      if (index === this.#middle) this.#note('redriveHeap', heapMb(before))
      index += 1
      return false
    })
    let redriven = 0
    const ms = await timed(async () => (redriven = await this.#redrive(() => true)))
    this.#note('redriving', redriven / (ms / 1_000))
    this.#note('standing', median(await timesOf(few, () => timed(() => this.#standing()))))
  }

  #redrive(where: () => boolean): Promise<number> {
    return redriveDeadLetters({ store: this.#store, clock: realClock }, this.#listener, { where })
  }

  async #standing(): Promise<void> {
    await this.#transport.standing?.(this.#listener)
  }

  get #middle(): number {
    return Math.floor((this.#size + some) / 2)
  }

  get #prefix(): string {
    return `${streamOf(this.#apiName)}:${group}`
  }

  #note(name: LettersFigure, value: number): void {
    this.#parts.section.note(this.#size, name, value)
  }
}

/** All of it, at all sizes. */
export async function measureLetters(parts: ScaleParts<LettersFigure>): Promise<void> {
  const { section, plan, url, say } = parts
  const transport = transportFor({ url, processName: 'undertaker' })
  await transport.open()
  for (let round = 1; round <= plan.rounds; round += 1)
    for (const size of section.sizes) {
      say(`round ${round} with ${size} dead letters`)
      const letters = new WithLetters(parts, size, transport)
      await letters.fill()
      await letters.measure()
      await letters.clear()
      if (round < plan.rounds) continue
      await letters.fill()
      await letters.bounds()
      await letters.clear()
    }
  await transport.close()
}
