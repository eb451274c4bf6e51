import { setMaxListeners } from 'node:events'
import { createBus, tokens, type Api, type Bus, type BusOptions, type WrittenConfig } from '@lightbus/core'
import type {
  Clock,
  EventTransport,
  ResultTransport,
  RpcTransport,
  SchemaTransport,
  TransportKind,
  TransportModule,
} from '@lightbus/core/transport'
import { ChildVictim } from './child-victim.ts'
import type { Faults, Harness, Inspection, RawPlace, Wishes } from './harness.ts'
import { KeptLog } from './kept-log.ts'
import { nobody } from './nobody.ts'
import { Process } from './process.ts'
import { SimulatedVictim } from './simulated-victim.ts'
import { Time } from './time.ts'
import type { Victim } from './victim.ts'

/** Which process of which service. */
export interface ProcessRequest {
  /** `shop` unless given. */
  readonly service?: string
  /** A name of its own unless given. */
  readonly name?: string
  /** How far its clock is ahead. */
  readonly clockSkewMs?: number
  readonly namespace?: string
  readonly wishes?: Wishes
}

export interface StageParts {
  readonly module: TransportModule
  readonly harness: Harness
  readonly seed: number
  /** How many rounds a race takes where one would do. */
  readonly rounds: number
}

/** Where a case plays: processes of some services in one namespace, all of them gone when the case is over. */
export class Stage {
  readonly module: TransportModule
  readonly harness: Harness
  readonly namespace: string
  /** Shared by all buses of the case. */
  readonly log = new KeptLog()
  /** Gives the same numbers from 0 up to 1 for the same seed. */
  readonly random: () => number
  readonly #parts: StageParts
  readonly #time: Time
  readonly #processes: Process[] = []
  readonly #victims: Victim[] = []
  readonly #buses: Bus[] = []
  readonly #work: Promise<unknown>[] = []
  readonly #namespaces: string[]
  readonly #ending = new AbortController()
  #count = 0

  constructor(parts: StageParts) {
    this.#parts = parts
    this.module = parts.module
    this.harness = parts.harness
    this.namespace = parts.harness.namespace()
    this.#namespaces = [this.namespace]
    this.random = seeded(parts.seed)
    this.#time = new Time(parts.harness.clock?.())
    // A case may have as many consumers as it likes.
    setMaxListeners(0, this.signal)
  }

  get clock(): Clock {
    return this.#time.clock
  }

  /** Aborts when the case is over. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** A further namespace of the same broker, seen to at the end like the first one. */
  anotherNamespace(): string {
    const namespace = this.harness.namespace()
    this.#namespaces.push(namespace)
    return namespace
  }

  /** The number of rounds, which grows in the tier `soak`. */
  rounds(usual: number): number {
    return usual * this.#parts.rounds
  }

  /** A process of its own: its transports share no connection with others. */
  process(request: ProcessRequest = {}): Process {
    const { service = 'shop', clockSkewMs = 0 } = request
    const { clock } = this
    const process = new Process({
      module: this.module,
      serviceName: service,
      processName: request.name ?? `${service}-${++this.#count}`,
      clock: clockSkewMs === 0 ? clock : skewed(clock, clockSkewMs),
      options: (kind) => this.options(kind, request),
    })
    this.#processes.push(process)
    return process
  }

  options(kind: TransportKind, { namespace = this.namespace, wishes = {} }: ProcessRequest = {}) {
    return this.harness.options(kind, namespace, wishes)
  }

  /** The event transport of a new process, open. */
  event(request?: ProcessRequest): Promise<EventTransport> {
    return this.process(request).event()
  }

  rpc(request?: ProcessRequest): Promise<RpcTransport> {
    return this.process(request).rpc()
  }

  result(request?: ProcessRequest): Promise<ResultTransport> {
    return this.process(request).result()
  }

  schema(request?: ProcessRequest): Promise<SchemaTransport> {
    return this.process(request).schema()
  }

  /** A process that can be killed. */
  victim(request: Omit<ProcessRequest, 'clockSkewMs'> = {}): Victim {
    const victim = this.#makeVictim(request)
    this.#victims.push(victim)
    return victim
  }

  /** A whole bus in a process of its own, with this transport for every kind that it has. */
  bus<const Apis extends readonly Api[]>(
    apis: Apis,
    request: ProcessRequest & {
      readonly config?: WrittenConfig
      readonly options?: Partial<BusOptions<Apis>>
    } = {},
  ): Bus<Apis> {
    const { service = 'shop', config = {} } = request
    const bus = createBus({
      apis,
      serviceName: service,
      processName: request.name ?? `${service}-${++this.#count}`,
      config: this.config(request, config),
      transports: this.transports(),
      log: this.log,
      override: (container) => container.register(tokens.clock, { useValue: this.clock }),
      ...request.options,
    })
    // Every bus can be stopped, whatever its APIs are.
    this.#buses.push(bus as unknown as Bus)
    return bus
  }

  /** The modules that the configuration of {@link bus} names. */
  transports(): Record<string, TransportModule> {
    return { [this.module.name]: this.module, [nobody.name]: nobody }
  }

  /** A configuration with this transport for every kind that it has, nobody for the others, and what is given besides. */
  config(request: ProcessRequest = {}, more: WrittenConfig = {}): WrittenConfig {
    const selector = (kind: TransportKind) =>
      this.module[kind] ? { [this.module.name]: this.options(kind, request) } : { [nobody.name]: {} }
    const given = Object.fromEntries(
      (['event', 'rpc', 'result'] as const).map((kind) => [`${kind}_transport`, selector(kind)]),
    )
    return {
      ...more,
      bus: { ...more.bus, schema: { ...more.bus?.schema, transport: selector('schema') } },
      apis: { ...more.apis, default: { ...given, ...more.apis?.['default'] } },
    }
  }

  /** What the broker holds; for cases that need `harness.inspect`. */
  inspect(namespace = this.namespace): Promise<Inspection> {
    return present(this.harness.inspect, 'inspect').call(this.harness, namespace)
  }

  /** Writes to the broker directly; for cases that need `harness.injectRaw`. */
  injectRaw(place: RawPlace, raw: string): Promise<void> {
    return present(this.harness.injectRaw, 'injectRaw').call(this.harness, this.namespace, place, raw)
  }

  /** Lets something go wrong; for cases that need `faults.<name>`. */
  fault<Name extends keyof Faults>(name: Name): NonNullable<Faults[Name]> {
    const faults = present(this.harness.faults, 'faults').call(this.harness, this.namespace)
    const fault = present(faults[name], name) as (...args: readonly unknown[]) => unknown
    // The same function, on its object.
    return fault.bind(faults) as unknown as NonNullable<Faults[Name]>
  }

  /** Waits until the condition holds. The deadline of the case ends a wait in vain. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      this.signal.throwIfAborted()
      await this.#time.turn()
    }
  }

  /** Lets time pass, where time itself is what matters. */
  pass(ms: number): Promise<void> {
    return this.#time.reach(this.clock.now() + ms)
  }

  /** Work that goes on beside the case, to be over when the case is. */
  during(...work: readonly Promise<unknown>[]): void {
    // What fails is told of at the end, and is no unhandled rejection until then.
    for (const each of work) each.catch(() => undefined)
    this.#work.push(...work)
  }

  /** Ends all that the case has begun. Rejects when something cannot be ended, or is left. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('The case is over.'))
    try {
      await Promise.all(this.#buses.map((bus) => bus.stop({ force: true })))
      await Promise.all([...this.#victims, ...this.#processes].map((each) => each.close()))
      await Promise.all(this.#work)
    } finally {
      for (const namespace of this.#namespaces) await this.harness.cleanUp?.(namespace)
    }
    for (const namespace of this.#namespaces) await this.#checkLeft(namespace)
    const timers = this.#time.timers
    if (timers > 0) throw new Error(`The case has left ${timers} timers running.`)
  }

  /** Virtual time stands still from now on, even if something could not be ended. */
  endTime(): void {
    this.#time.end()
  }

  async #checkLeft(namespace: string): Promise<void> {
    const left = await this.harness.inspect?.(namespace)
    if (!left) return
    const { connections, keys, groups } = left
    const names = [...keys, ...groups].map(({ name }) => name)
    if (connections > 0) throw new Error(`The case has left ${connections} connections open.`)
    if (names.length > 0) throw new Error(`The case has left ${names.join(', ')} in the broker.`)
  }

  #makeVictim({ service = 'shop', name, wishes = {} }: ProcessRequest): Victim {
    const { entry, simulate } = this.harness
    const processName = name ?? `${service}-${++this.#count}`
    if (simulate)
      return new SimulatedVictim(
        this.process({ service, name: processName, wishes }),
        simulate.call(this.harness, this.namespace),
      )
    const orders = { serviceName: service, processName, namespace: this.namespace, wishes }
    return new ChildVictim({ ...orders, entry: present(entry, 'entry').href })
  }
}

function present<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`The harness has no "${name}", which this case needs.`)
  return part
}

function skewed(clock: Clock, skewMs: number): Clock {
  return { now: () => clock.now() + skewMs, after: (ms, act) => clock.after(ms, act) }
}

/** Mulberry32, by Tommy Ettinger: short, and good enough to choose who is killed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
