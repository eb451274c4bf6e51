import { randomUUID } from 'node:crypto'
import type { FireOptions } from '@lightbus/core'
import { holdPending } from './backlog.ts'
import { boundsOf } from './bounds.ts'
import type { ScaleParts } from './parts.ts'
import type { PendingFigure } from './pending-figures.ts'
import {
  apiNamed,
  busFor,
  eventName,
  eventOf,
  Handled,
  listenerName,
  listenerOf,
  parameters,
  streamOf,
  transportFor,
  type Place,
} from './scale-bus.ts'
import type { Command } from './monitor.ts'
import { heapMb, median, percentile, timed, timesOf, until } from './stopwatch.ts'

const concurrency = 10
const few = 30

// Streams so short that every hundredth event trims, and never what is pending.
const common = { max_stream_length: 1_000, max_unfinished_length: 100_000_000, reclaim_interval: 0.5 }
const alive = { ...common, acknowledgement_timeout: '1h' }
const dead = { ...common, acknowledgement_timeout: 1 }

/** What events cost in the stream of an API where another process holds so many. */
export class BesidePending {
  readonly #parts: ScaleParts<PendingFigure>
  readonly #size: number
  readonly #apiName: string

  constructor(parts: ScaleParts<PendingFigure>, size: number, apiName: string) {
    this.#parts = parts
    this.#size = size
    this.#apiName = apiName
  }

  /** New events, while the holder is alive. */
  async events(): Promise<void> {
    const { watch, plan } = this.#parts
    const heapBefore = heapMb()
    const { bus, fire, handled, timeOne } = this.#pair('steady', alive)
    this.#note('opening', await timed(() => bus.start()))
    await timesOf(few, timeOne)
    const longestMs = await watch.longestMs(async () => {
      const times = await timesOf(plan.timed, timeOne)
      this.#note('p50', percentile(times, 0.5))
      this.#note('p99', percentile(times, 0.99))
      const goal = handled.count + plan.flood
      const ms = await timed(async () => {
        await Promise.all(Array.from({ length: plan.flood }, () => fire()))
        await until('all are handled', () => handled.count >= goal)
      })
      this.#note('perSecond', plan.flood / (ms / 1_000))
    })
    this.#note('longest', longestMs)
    this.#note('heap', heapMb(heapBefore))
    this.#note('commands', (await watch.load(() => timesOf(few, timeOne))).commands / few)
    this.#note('closing', await timed(() => bus.stop()))
  }

  /** The first events with keys that the group ever hears. */
  async keyed(): Promise<void> {
    const { bus, timeOne } = this.#pair('keeper', alive)
    await bus.start()
    await timesOf(few, timeOne)
    this.#note('firstKeyed', await timeOne('first'))
    const times = await timesOf(this.#parts.plan.timed, () => timeOne(randomUUID()))
    this.#note('keyed', median(times))
    await bus.stop()
  }

  /** Firing with trims, and asking how the group stands, without anybody who listens. */
  async trims(): Promise<void> {
    const { watch, plan } = this.#parts
    const transport = transportFor(this.#place('lonely', alive))
    await transport.open()
    const ask = () => Promise.resolve(transport.standing?.(listenerOf(this.#apiName)))
    this.#note('standing', median(await timesOf(few, () => timed(ask))))
    const longestMs = await watch.longestMs(async () => {
      const ms = await timed(async () => {
        for (let n = 0; n < plan.timed; n += 1) await transport.send(eventOf(this.#apiName))
      })
      this.#note('firing', ms / plan.timed)
    })
    this.#note('trimLongest', longestMs)
    await transport.close()
  }

  /** One sweep of an idle process. */
  async sweep(): Promise<void> {
    const { bus } = this.#pair('sweeper', alive)
    const isPage = ({ words: [command = '', key, , , , , consumer], isInScript }: Command): boolean =>
      !isInScript &&
      command.toLowerCase() === 'xpending' &&
      key === streamOf(this.#apiName) &&
      consumer !== 'sweeper'
    const begins = (command: Command): boolean => isPage(command) && command.words[3] === '-'
    const seen = await this.#parts.watch.monitored(async (commands) => {
      await bus.start()
      await until('a whole sweep is over', () => commands.filter(begins).length >= 2, {
        withinMs: 300_000,
        everyMs: 50,
      })
    })
    await bus.stop()
    const sweep = seen.slice(seen.findIndex(begins), seen.findLastIndex(begins)).filter(isPage)
    const [first, last] = [sweep[0], sweep.at(-1)]
    if (!first || !last) throw new Error('No sweep was seen.')
    const ms = last.atMs - first.atMs
    this.#note('sweep', ms)
    this.#note('perPage', ms / Math.max(1, sweep.length - 1))
    this.#note('pages', sweep.length)
    this.#note('page', Number(first.words[5]))
  }

  /** New events, while those of a holder that is dead are taken over. */
  async takeover(): Promise<void> {
    const { watch, plan } = this.#parts
    const heapBefore = heapMb()
    const { bus, handled, timeOne } = this.#pair('heir', dead)
    const times: number[] = []
    const longestMs = await watch.longestMs(async () => {
      await bus.start()
      await until('something is taken over', () => handled.again > 0)
      const ms = await timed(async () => {
        while (handled.again < plan.takenOver) times.push(await timeOne())
      })
      this.#note('deadPerSecond', handled.again / (ms / 1_000))
    })
    this.#note('deadLongest', longestMs)
    this.#note('deadP50', median(times))
    this.#note('deadHeap', heapMb(heapBefore))
    await bus.stop()
  }

  /** How much is asked at once by all of it. */
  async bounds(): Promise<void> {
    const commands = await this.#parts.watch.monitored(async () => {
      for (const options of [alive, dead]) {
        const { bus, timeOne } = this.#pair('watched', options)
        await bus.start()
        for (const key of [undefined, 'a']) await timesOf(2 * concurrency, () => timeOne(key))
        await bus.stop()
      }
      await this.#fireMany()
    })
    const { entries, inScript, unbounded } = boundsOf(commands)
    this.#note('entries', entries)
    this.#note('inScript', inScript)
    this.#note('unbounded', unbounded.length)
  }

  async #fireMany(): Promise<void> {
    const transport = transportFor(this.#place('watched', alive))
    await transport.open()
    await timesOf(few * concurrency, () => timed(() => transport.send(eventOf(this.#apiName))))
    await transport.standing?.(listenerOf(this.#apiName))
    await transport.close()
  }

  #pair(processName: string, options: Place['options']) {
    const handled = new Handled()
    const api = apiNamed(this.#apiName)
    const bus = busFor(this.#place(processName, options), [api])
    const path = `${this.#apiName}.${eventName}`
    bus.serve(api)
    bus.listen([path], handled.handler, { listenerName, concurrency })
    const fire = (given: FireOptions = {}) => bus.fire(path, parameters, given)
    const timeOne = (key?: string) => handled.timeOf((id) => fire(key === undefined ? { id } : { id, key }))
    return { bus, handled, fire, timeOne }
  }

  #place(processName: string, options: Place['options']): Place {
    return { url: this.#parts.url, processName, options }
  }

  #note(name: PendingFigure, value: number): void {
    this.#parts.section.note(this.#size, name, value)
  }
}

/** All of it, at all sizes. */
export async function measurePending(parts: ScaleParts<PendingFigure>): Promise<void> {
  const { section, watch, plan, url, say } = parts
  const stages = section.sizes.map((size) => ({ size, apiName: `scale.pending${size}` }))
  for (const { size, apiName } of stages) {
    say(`${size} pending`)
    await holdPending(watch.redis, { url, processName: 'filler' }, apiName, size)
  }
  for (let round = 1; round <= plan.rounds; round += 1)
    for (const { size, apiName } of stages) {
      say(`round ${round} beside ${size} pending`)
      const beside = new BesidePending(parts, size, apiName)
      await beside.events()
      await beside.trims()
      if (size > 0) await beside.takeover()
      if (round < plan.rounds) continue
      if (size > 0) await beside.sweep()
      await beside.keyed()
      await beside.bounds()
    }
}
