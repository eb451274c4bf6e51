import type { ApiRegistry } from '../api/api-registry.ts'
import type { Feature } from '../config/config.ts'
import type { EventAddress } from '../contracts/event-address.ts'
import type { EventTransport } from '../contracts/event-transport.ts'
import type { Log } from '../contracts/log.ts'
import { busStateWrong, eventUnknown } from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import { eventPath } from '../messages/event-message.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { SchemaKeeper } from '../schema/schema-keeper.ts'
import type { Patience, TransportSet } from '../transports/transport-set.ts'
import { abortable, sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { nearest } from '../util/nearest.ts'
import type { CallLimits } from './call-slots.ts'
import { EventListener, type Listener } from './event-listener.ts'
import type { HandleEventParts } from './hearing.ts'
import type { ListenerSettings } from './listener-settings.ts'
import { RpcServer } from './rpc-server.ts'
import { Scheduler } from './scheduler.ts'
import type { Task } from './task.ts'
import { turnsOf } from './turns.ts'
import type { ServeRpcParts } from './serve-rpc.ts'

/** What a worker is to do, gathered from the bus module before it starts. */
export interface Workload {
  readonly listeners: readonly Listener[]
  readonly tasks: readonly Task[]
  readonly features: readonly Feature[]
}

export interface WorkerParts {
  readonly apis: ApiRegistry
  readonly keeper: SchemaKeeper
  readonly transports: TransportSet
  readonly clock: Clock
  readonly log: Log
  readonly settings: (listener: Listener) => ListenerSettings
  readonly plugins: PluginChain
  readonly callLimits: (apiName: string) => CallLimits
  readonly shutdownTimeoutMs: number
  /** How long the start waits for a broker that is not there; undefined means for ever. */
  readonly startTimeoutMs: number | undefined
  readonly handling: Omit<HandleEventParts, 'shutDown'>
  readonly serving: Omit<ServeRpcParts, 'results' | 'slots' | 'outcomes'>
}

/**
 * Listens, serves and runs tasks until it is stopped.
 *
 *     idle ──start()──▶ starting ──▶ running ──stop()──▶ stopping ──▶ idle
 *                           └──── failed: what was begun is taken back ──▶ idle
 *
 * `starting` ends when nothing can be missed any more; `stopping` when all that ran is done, or was aborted because it
 * took longer than the shutdown timeout or because stop was called with force.
 */
export class Worker {
  readonly #parts: WorkerParts
  #state: 'idle' | 'starting' | 'running' | 'stopping' = 'idle'
  #starting = new AbortController()
  #started: Promise<void> = Promise.resolve()
  #listeners: EventListener[] = []
  #servers: RpcServer[] = []
  #scheduler: Scheduler | undefined
  #startedPlugins: Plugin[] = []
  #stopped: Promise<void> = Promise.resolve()
  #force: (() => void) | undefined
  #failure: ((error: unknown) => void) | undefined

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  get state(): string {
    return this.#state
  }

  /** Resolves when nothing can be missed; waits for a broker that is not there, as long as it may. `onFailure` is told when the worker cannot go on. */
  async start(workload: Workload, onFailure: (error: unknown) => void): Promise<void> {
    if (this.#state !== 'idle')
      throw busStateWrong({
        act: 'Starting',
        state: this.#state,
        cure: 'Start a bus once, and again only after it has stopped.',
      })
    this.#state = 'starting'
    this.#starting = new AbortController()
    this.#failure = onFailure
    this.#started = this.#begin(workload)
    await this.#started
  }

  /** Drains: takes nothing new, waits for what runs, then leaves. With `force`, or when called again with it, aborts what runs. */
  stop(options: { readonly force?: boolean } = {}): Promise<void> {
    if (this.#state === 'starting') {
      this.#starting.abort(
        busStateWrong({ act: 'Starting', state: 'stopping', cure: 'It was stopped first.' }),
      )
      this.#stopped = this.#started.catch(() => undefined)
    }
    if (this.#state === 'running') {
      this.#state = 'stopping'
      this.#stopped = this.#drain().finally(() => (this.#state = 'idle'))
    }
    if (options.force) this.#force?.()
    return this.#stopped
  }

  async #begin(workload: Workload): Promise<void> {
    try {
      await this.#getReadyPatiently(workload)
      this.#starting.signal.throwIfAborted()
    } catch (error) {
      await this.#close()
      this.#state = 'idle'
      throw error
    }
    for (const loop of [...this.#servers, ...this.#listeners]) loop.run()
    this.#scheduler?.run(workload.tasks)
    this.#state = 'running'
  }

  // A connection that is lost while the worker gets ready is waited for, just as one that cannot be made yet.
  async #getReadyPatiently(workload: Workload): Promise<void> {
    const { clock, log, startTimeoutMs = Infinity } = this.#parts
    const patience = { signal: this.#starting.signal, giveUpAt: clock.now() + startTimeoutMs }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#getReady(workload, patience)
      } catch (error) {
        if (!isBusError(error) || !error.retriable || clock.now() >= patience.giveUpAt) throw error
        log.warn({ code: error.code, attempt }, `Starting again. ${error.message}`)
        await this.#close()
        await sleep(clock, backoffMs(attempt, pauses), patience.signal)
      }
    }
  }

  async #getReady({ listeners, tasks, features }: Workload, patience: Patience): Promise<void> {
    const { transports, keeper, clock, log } = this.#parts
    await keeper.start(await transports.openPatiently('schema', '', patience))
    if (features.includes('events')) for (const listener of listeners) await this.#listen(listener, patience)
    if (features.includes('rpcs')) await this.#serve(patience)
    if (features.includes('tasks')) {
      const open = () => transports.openPatiently('event', '', patience)
      const { serviceName } = this.#parts.handling
      this.#scheduler = new Scheduler({
        clock,
        log,
        turns: await turnsOf(tasks, open, { clock, log, serviceName }),
      })
    }
    await this.#startPlugins({ listeners, features })
  }

  // The events of one listener may travel over several transports: one loop for each of them.
  async #listen(listener: Listener, patience: Patience): Promise<void> {
    const { transports, handling } = this.#parts
    const settings = this.#parts.settings(listener)
    for (const address of listener.events) this.#checkKnown(address)
    const groups = new Map<EventTransport, EventAddress[]>()
    for (const address of listener.events) {
      const transport = await transports.openPatiently('event', address.apiName, patience)
      groups.set(transport, [...(groups.get(transport) ?? []), address])
    }
    for (const [transport, events] of groups) {
      const loop = new EventListener({ ...handling, shutDown: this.#fail }, listener, settings)
      await loop.subscribe(transport, events)
      this.#listeners.push(loop)
    }
  }

  #checkKnown({ apiName, eventName }: EventAddress): void {
    const api = this.#parts.apis.get(apiName)
    if (api && !Object.hasOwn(api.events, eventName))
      throw eventUnknown({
        api: apiName,
        event: eventName,
        nearest: nearest(eventName, Object.keys(api.events)),
      })
    if (!api && !this.#parts.keeper.knows(apiName))
      this.#parts.log.warn(
        { api: apiName },
        `Nobody publishes the API "${apiName}" yet; listening for "${eventName}" all the same`,
      )
  }

  async #serve(patience: Patience): Promise<void> {
    const { apis, transports, serving, callLimits } = this.#parts
    const results = (apiName: string) => transports.open('result', apiName)
    const byTransport = new Map<string, Map<string, CallLimits>>()
    for (const { name, procedures } of apis.served()) {
      if (Object.keys(procedures).length === 0) continue
      await transports.openPatiently('result', name, patience)
      const key = transports.identify(await transports.openPatiently('rpc', name, patience))
      const together = byTransport.get(key) ?? new Map<string, CallLimits>()
      byTransport.set(key, together.set(name, callLimits(name)))
    }
    for (const together of byTransport.values()) {
      const server = new RpcServer({ ...serving, results }, together, this.#fail)
      const [name = ''] = together.keys()
      await server.consume(await transports.open('rpc', name))
      this.#servers.push(server)
    }
  }

  async #startPlugins({ listeners, features }: Omit<Workload, 'tasks'>): Promise<void> {
    const { apis, plugins } = this.#parts
    const started = {
      serves: features.includes('rpcs') ? apis.served().map(({ name }) => name) : [],
      listens: features.includes('events')
        ? listeners.map(({ listenerName, events }) => ({ listenerName, events: events.map(eventPath) }))
        : [],
      plugins: plugins.all.map(({ name }) => name),
    }
    for (const plugin of plugins.all) {
      await plugin.start?.(started)
      this.#startedPlugins.push(plugin)
    }
  }

  readonly #fail = (error: unknown): void => this.#failure?.(error)

  async #drain(): Promise<void> {
    const { clock, log, shutdownTimeoutMs } = this.#parts
    const patience = new AbortController()
    this.#force = () => patience.abort()
    const drained = Promise.all([
      this.#scheduler?.drain(),
      ...[...this.#servers, ...this.#listeners].map((loop) => loop.drain()),
    ])
    const late = sleep(clock, shutdownTimeoutMs, patience.signal).finally(() => patience.abort())
    late.catch(() => undefined)
    try {
      await abortable(drained, patience.signal)
    } catch {
      log.warn({ shutdownTimeoutMs }, 'What still ran was aborted; its events will be delivered again')
    } finally {
      patience.abort()
      this.#force = undefined
      await this.#close()
    }
  }

  async #close(): Promise<void> {
    this.#parts.keeper.stop()
    const closing = [...this.#servers, ...this.#listeners].map((loop) => loop.close())
    this.#servers = []
    this.#listeners = []
    this.#scheduler = undefined
    for (const outcome of await Promise.allSettled(closing))
      if (outcome.status === 'rejected')
        this.#parts.log.warn({ err: outcome.reason as unknown }, 'A loop could not be closed')
    for (const plugin of this.#startedPlugins.splice(0).reverse())
      await Promise.resolve(plugin.stop?.()).catch((err: unknown) =>
        this.#parts.log.warn({ err, plugin: plugin.name }, 'A plugin could not be stopped'),
      )
  }
}

const pauses = { baseMs: 500, maxMs: 5_000 }
