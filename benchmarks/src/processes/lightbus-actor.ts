import { setTimeout as pause } from 'node:timers/promises'
import { payloadOf, type Load, type Payload, type Place, type Yield } from '../subject.ts'
import { actCount } from './fire-count.ts'
import { HandledCount, nowUs, type HandledSoFar } from './handled-count.ts'
import {
  eventName,
  growthApi,
  growthBus,
  listenerName,
  procedureName,
  type BusParts,
  type GrowthApi,
} from './lightbus-bus.ts'
import { underLoad } from './load.ts'
import { testBusEvents, testBusMs } from './test-bus-load.ts'
import { tracingPlugin } from './tracing-plugin.ts'

/** Which bus, as it can be said over a channel. */
export interface BusWish {
  readonly place: Place
  /** Of its APIs. */
  readonly names: readonly string[]
  readonly options?: BusParts['options']
  readonly isTraced?: boolean
  readonly isUnchecked?: boolean
}

/** What a procedure does before it answers. */
export interface Work {
  readonly busyUs?: number
  readonly waitMs?: number
}

/** What a process of Lightbus can be asked to do, where only Lightbus is measured. */
export class LightbusActor {
  readonly #handled = new HandledCount()
  #bus: ReturnType<typeof growthBus> | undefined
  #apis: readonly GrowthApi[] = []

  async serve({ work = {}, ...wish }: BusWish & { readonly work?: Work }): Promise<void> {
    const bus = this.#open(wish)
    for (const api of this.#apis) bus.serve(api, { [procedureName]: (sent: Payload) => worked(work, sent) })
    await bus.start()
  }

  async connect(wish: BusWish): Promise<void> {
    const bus = this.#open(wish)
    // Whoever fires events of an API owns it.
    for (const api of this.#apis) bus.serve(api, { [procedureName]: (sent: Payload) => sent })
    await bus.configure()
  }

  /** Counts from nothing what is handled; resolves once no event is missed. */
  async listen({ concurrency, ...wish }: BusWish & { readonly concurrency: number }): Promise<void> {
    this.#handled.reset()
    const bus = this.#open(wish)
    const handle = (): void => this.#handled.add(nowUs())
    for (const [index, name] of wish.names.entries())
      bus.listen([`${name}.${eventName}`], handle, { listenerName: listenerName(index), concurrency })
    await bus.start()
  }

  /** Calls each API once: what it needs for that it makes when it needs it. */
  async callEach(bytes: number): Promise<void> {
    const bus = this.#opened()
    for (const path of this.#paths()) await bus.call(path, payloadOf(bytes))
  }

  /** Calls the APIs in turns. */
  call(load: Load): Promise<Yield> {
    const bus = this.#opened()
    const paths = this.#paths()
    let turn = 0
    return underLoad(load, (payload) => {
      turn = (turn + 1) % paths.length
      return bus.call(paths[turn] ?? '', payload)
    })
  }

  fireCount({
    name,
    count,
    bytes,
  }: {
    readonly name: string
    readonly count: number
    readonly bytes: number
  }) {
    const bus = this.#opened()
    return actCount((payload) => bus.fire(`${name}.${eventName}`, payload), payloadOf(bytes), count)
  }

  reached(count: number): Promise<HandledSoFar> {
    return this.#handled.reached(count)
  }

  /** CPU time of this process so far, in microseconds. */
  cpuUs(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  }

  testBusMs(forMs: number): Promise<number> {
    return testBusMs(forMs)
  }

  testBusEvents(forMs: number): Promise<number> {
    return testBusEvents(forMs)
  }

  async stop(): Promise<void> {
    await this.#bus?.stop()
  }

  #open({ place, names, options, isTraced, isUnchecked }: BusWish) {
    this.#apis = names.map((name) => growthApi(name))
    const plugins = isTraced ? [tracingPlugin] : []
    this.#bus = growthBus({ place, apis: this.#apis, options, plugins, isUnchecked })
    return this.#bus
  }

  #paths(): readonly string[] {
    return this.#apis.map(({ name }) => `${name}.${procedureName}`)
  }

  #opened() {
    if (!this.#bus) throw new Error('There is no bus yet.')
    return this.#bus
  }
}

async function worked({ busyUs = 0, waitMs = 0 }: Work, sent: Payload): Promise<Payload> {
  if (waitMs > 0) await pause(waitMs)
  const until = nowUs() + busyUs
  while (nowUs() < until);
  return sent
}
