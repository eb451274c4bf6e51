import type { DependencyContainer } from 'tsyringe'
import type { Api } from '../api/define-api.ts'
import { callRpc, type CallOptions, type CallRpcParts } from '../client/call-rpc.ts'
import { fireEvent, type FireEventParts, type FireOptions } from '../client/fire-event.ts'
import type { ServiceOptions } from '../config/config.ts'
import { apiUnknown, busStateWrong, taskDuplicate } from '../errors/catalogue.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { carrying } from '../messages/message-context.ts'
import type { Headers } from '../messages/plain-values.ts'
import { nearest } from '../util/nearest.ts'
import type { Duration } from '../util/duration.ts'
import type { CallLimits } from '../worker/call-slots.ts'
import type { EventHandler } from '../worker/hearing.ts'
import type { Listener } from '../worker/listener.ts'
import {
  every,
  inBackground,
  onSchedule,
  type ScheduleOptions,
  type Task,
  type TaskHandler,
  type TaskOptions,
  type TimedTaskOptions,
} from '../worker/task.ts'
import { nothingInHand, type StopReport } from '../worker/stop-report.ts'
import type { Worker } from '../worker/worker.ts'
import type { BusVerbs, ListenerControl, ListenOptions, ServerControl, StartReport } from './bus.ts'
import { busSchemaOf, type BusSchema } from './bus-schema.ts'
import { deadLettersOf, type DeadLetters } from './dead-letters.ts'
import type { Implementation } from './implementations.ts'
import type { ListenerSet } from './listener-set.ts'
import { splitPath } from './split-path.ts'
import { tokens } from './tokens.ts'

/** Makes the container complete once the configuration is read; the same promise ever after. */
export type Ready = (overrides?: ServiceOptions) => Promise<DependencyContainer>

/** What leads out of this process, resolved once it is known. */
interface Outgoing {
  readonly container: DependencyContainer
  readonly fire: FireEventParts
  readonly call: CallRpcParts
}

/** The verbs, each a line that leads to its file. Keeps what is to be listened for and done until the worker starts. */
export class BusCore implements BusVerbs {
  readonly finished: Promise<unknown>
  readonly deadLetters: DeadLetters
  readonly schema: BusSchema
  readonly #container: DependencyContainer
  readonly #ready: Ready
  readonly #listeners: ListenerSet
  readonly #tasks: Task[] = []
  #finish: (failure: unknown) => void = () => undefined
  #state: 'new' | 'started' | 'stopped' = 'new'
  #worker: Worker | undefined
  #outgoing: Outgoing | undefined

  constructor(
    container: DependencyContainer,
    { listeners, ready }: { readonly listeners: ListenerSet; readonly ready: Ready },
  ) {
    this.#container = container
    this.#listeners = listeners
    this.#ready = ready
    this.deadLetters = deadLettersOf(
      () => this.#listeners.all(),
      async () => (await this.#usable('Looking at dead letters')).container.resolve(tokens.deadLetters),
    )
    this.schema = busSchemaOf({
      apis: container.resolve(tokens.apis),
      schemas: container.resolve(tokens.schemas),
      open: async () =>
        (await this.#usable('Asking for schemas')).container.resolve(tokens.transports).open('schema', ''),
    })
    this.finished = new Promise((resolve) => (this.#finish = resolve))
  }

  fire(event: string, parameters: object = {}, options: FireOptions = {}): Promise<EventMessage> {
    const fire = ({ fire: parts }: Outgoing): Promise<EventMessage> => {
      const [apiName, eventName] = splitPath(event)
      return fireEvent(parts, { apiName, eventName }, parameters, options)
    }
    return this.#withParts('Firing', fire)
  }

  call(procedure: string, parameters: object = {}, options: CallOptions = {}): Promise<unknown> {
    const call = ({ call: parts }: Outgoing): Promise<unknown> => {
      const [apiName, procedureName] = splitPath(procedure)
      return callRpc(parts, { apiName, procedureName }, parameters, options)
    }
    return this.#withParts('Calling', call)
  }

  carrying<T>(headers: Headers, act: () => T): T {
    return carrying(headers, act)
  }

  listen(events: readonly string[], handler: EventHandler, options: ListenOptions): ListenerControl {
    const addresses = events.map(splitPath).map(([apiName, eventName]) => ({ apiName, eventName }))
    const { listenerName, since, ...handling } = options
    return this.#listeners.add({ listenerName, events: addresses, handler, since, options: handling })
  }

  serve(api: Api, implementation: Implementation | object = {}, limits: CallLimits = {}): ServerControl {
    this.#beforeStart('Serving')
    const apis = this.#container.resolve(tokens.apis)
    if (apis.get(api.name) !== api)
      throw apiUnknown({
        api: api.name,
        nearest: nearest(
          api.name,
          apis.all().map(({ name }) => name),
        ),
      })
    const implementations = this.#container.resolve(tokens.implementations)
    implementations.add(api, implementation as Implementation, limits)
    apis.markServed(api.name)
    return {
      limit: (changed) => {
        implementations.limit(api, changed)
        this.#worker?.limitsChanged(api.name)
      },
    }
  }

  every(interval: Duration, task: TaskHandler, options?: TimedTaskOptions): void {
    this.#plan(every(interval, task, options))
  }

  schedule(pattern: string, task: TaskHandler, options?: ScheduleOptions): void {
    this.#plan(onSchedule(pattern, task, options))
  }

  background(task: TaskHandler, options?: TaskOptions): void {
    this.#plan(inBackground(task, options))
  }

  async configure(overrides: ServiceOptions = {}): Promise<void> {
    await this.#ready(overrides)
  }

  async start(overrides: ServiceOptions = {}): Promise<StartReport> {
    const began = performance.now()
    this.#state = 'started'
    const listeners = this.#listeners.all()
    const starting = this.#begin(overrides, listeners)
    await this.#listeners.start(starting.then(({ worker }) => worker))
    const { config, transports } = await starting
    const { features, serviceName, processName } = config
    return {
      serviceName,
      processName,
      serves: features.includes('rpcs') ? this.#served() : [],
      listens: features.includes('events')
        ? listeners.map(({ listenerName, events }) => ({ listenerName, events: events.map(eventPath) }))
        : [],
      tasks: features.includes('tasks') ? this.#tasks.map(({ name }) => name) : [],
      transports: transports.addresses(),
      readyMs: Math.round(performance.now() - began),
    }
  }

  async stop(options: { readonly force?: boolean } = {}): Promise<StopReport> {
    if (this.#state === 'new') return nothingInHand
    this.#listeners.end()
    // What could not even be configured has opened nothing; whoever used it has been told why.
    const container = await this.#ready().catch(() => undefined)
    if (!container) return nothingInHand
    const report = await container.resolve(tokens.worker).stop(options)
    this.#state = 'stopped'
    this.#outgoing = undefined
    await container.resolve(tokens.pluginEvents).sent()
    await container.resolve(tokens.transports).close()
    this.#finish(undefined)
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #begin(overrides: ServiceOptions, listeners: readonly Listener[]) {
    const container = await this.#ready(overrides)
    const config = container.resolve(tokens.config)
    const worker = container.resolve(tokens.worker)
    const transports = container.resolve(tokens.transports)
    const { features } = config
    this.#worker = worker
    try {
      await worker.start({ listeners, tasks: this.#tasks, features }, (failure) => void this.#fail(failure))
    } catch (error) {
      // What was reached is let go, so that a program that gives up can end. A bus that runs already stays as it is.
      if (worker.state === 'idle') await this.#closeTransports(container)
      throw error
    }
    return { config, worker, transports }
  }

  // The processes of a service know a task by its name.
  #plan(task: Task): void {
    this.#beforeStart('Planning a task')
    const isShared = (one: Task): boolean => one.name === task.name && (one.isPerService || task.isPerService)
    if (this.#tasks.some(isShared)) throw taskDuplicate({ task: task.name })
    this.#tasks.push(task)
  }

  async #fail(failure: unknown): Promise<void> {
    this.#finish(failure)
    const log = this.#container.resolve(tokens.log)
    log.error({ err: failure }, 'The worker stops, since it cannot go on')
    await this.stop().catch((error: unknown) =>
      log.error({ err: error }, 'The worker could not be stopped in order'),
    )
  }

  // The error that made the start fail is the one to be told.
  async #closeTransports(container: DependencyContainer): Promise<void> {
    await container.resolve(tokens.pluginEvents).sent()
    await container
      .resolve(tokens.transports)
      .close()
      .catch((err: unknown) => container.resolve(tokens.log).warn({ err }, 'A transport could not be closed'))
  }

  #served(): readonly string[] {
    return this.#container
      .resolve(tokens.apis)
      .served()
      .map(({ name }) => name)
  }

  // At once where they are known: nearly always.
  #withParts<T>(act: string, use: (outgoing: Outgoing) => Promise<T>): Promise<T> {
    try {
      return this.#outgoing ? use(this.#outgoing) : this.#usable(act).then(use)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #usable(act: string): Promise<Outgoing> {
    if (this.#state === 'stopped')
      throw busStateWrong({ act, state: 'stopped', cure: 'Start it again, or stop it after its last use.' })
    if (this.#state === 'new') this.#state = 'started'
    const container = await this.#ready()
    const outgoing = {
      container,
      fire: container.resolve(tokens.fireEvent),
      call: container.resolve(tokens.callRpc),
    }
    if (this.#state === 'started') this.#outgoing = outgoing
    return outgoing
  }

  #beforeStart(act: string): void {
    if (this.#state !== 'new')
      throw busStateWrong({
        act,
        state: 'in use',
        cure: 'Say it in the bus module, before start() and the first message.',
      })
  }
}
