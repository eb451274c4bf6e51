import type { Feature } from '../config/config.ts'
import type { Log } from '../contracts/log.ts'
import { busStateWrong } from '../errors/catalogue.ts'
import { eventPath } from '../messages/event-message.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { Patience } from '../transports/transport-set.ts'
import { abortable, sleep } from '../util/abortable.ts'
import type { Clock } from '../util/clock.ts'
import type { EventListenerParts } from './event-listener.ts'
import type { Listener } from './listener.ts'
import { Listening, type ListeningParts } from './listening.ts'
import { patiently } from './patiently.ts'
import type { RpcServerParts } from './rpc-server.ts'
import { Scheduler } from './scheduler.ts'
import { Serving, type ServingParts } from './serving.ts'
import { StartedPlugins } from './started-plugins.ts'
import { logStop, nothingInHand, stopReport, type StopReport } from './stop-report.ts'
import type { Task } from './task.ts'
import { turnsOf } from './turns.ts'

/** What a worker is to do, gathered from the bus module before it starts. */
export interface Workload {
  readonly listeners: readonly Listener[]
  readonly tasks: readonly Task[]
  readonly features: readonly Feature[]
}

export interface WorkerParts extends Omit<ListeningParts & ServingParts, 'handling' | 'serving'> {
  readonly clock: Clock
  readonly log: Log
  readonly plugins: PluginChain
  readonly settings: EventListenerParts['settings']
  readonly shutdownTimeoutMs: number
  /** How long the start waits for a broker that is not there; undefined means for ever. */
  readonly startTimeoutMs: number | undefined
  readonly handling: Omit<EventListenerParts, 'shutDown' | 'settings'>
  readonly serving: Omit<RpcServerParts, 'results' | 'shutDown'>
}

/**
 * Listens, serves and runs tasks until it is stopped.
 *
 *     idle ──start()──▶ starting ──nothing can be missed──▶ running ──stop()──▶ stopping ──all is closed──▶ idle
 *                           │                               │   ▲
 *                           │                               └───┘ listen(), unlisten()
 *                           └──failed, or stop(): what was begun is taken back──▶ idle
 *
 * `starting` waits for a broker that is away. `stopping` takes nothing new, waits until all that ran is done, or aborts it because it took longer
 * than the shutdown timeout or because stop was called with force; then it closes, says what became of it, and is idle.
 */
export class Worker {
  readonly #parts: WorkerParts
  readonly #listening: Listening
  readonly #serving: Serving
  readonly #plugins: StartedPlugins
  #state: 'idle' | 'starting' | 'running' | 'stopping' = 'idle'
  #features: readonly Feature[] = []
  /** Aborts when the worker is told to stop: what still gets ready is given up. */
  #life = new AbortController()
  #started: Promise<void> = Promise.resolve()
  #stopped: Promise<StopReport> = Promise.resolve(nothingInHand)
  #scheduler: Scheduler | undefined
  #force: (() => void) | undefined
  #failure: ((error: unknown) => void) | undefined

  constructor(parts: WorkerParts) {
    const shutDown = (error: unknown): void => this.#failure?.(error)
    const { handling, serving, settings, plugins, log } = parts
    this.#parts = parts
    this.#listening = new Listening({ ...parts, handling: { ...handling, settings, shutDown } })
    this.#serving = new Serving({ ...parts, serving: { ...serving, shutDown } })
    this.#plugins = new StartedPlugins(plugins, log)
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
    this.#life = new AbortController()
    this.#failure = onFailure
    this.#features = workload.features
    this.#started = this.#begin(workload)
    await this.#started
  }

  /** Listens from now on, while everything else goes on. Once it resolves nothing can be missed. */
  async listen(listener: Listener): Promise<void> {
    if (this.#state !== 'running')
      throw busStateWrong({ act: 'Listening', state: this.#state, cure: 'Start the bus first.' })
    if (!this.#features.includes('events')) return
    const patience = { ...this.#patience(), signal: AbortSignal.any([this.#life.signal, listener.stopped]) }
    try {
      await patiently(this.#parts, 'Listening', patience, () => this.#listening.add(listener, patience))
    } catch (err) {
      const { listenerName } = listener
      if (!patience.signal.aborted)
        this.#parts.log.error({ err, listener: listenerName }, `Listener "${listenerName}" could not begin`)
      throw err
    }
    this.#listening.run(listener)
  }

  /** Stops listening, when what the listener has in hand is done, or was aborted because it took longer than the shutdown timeout. */
  async unlisten(listener: Listener): Promise<void> {
    await this.#listening.remove(listener, (drained) => this.#inTime(drained, new AbortController()))
  }

  /** The limits of the calls of an API have changed: the new ones count from now on. */
  limitsChanged(apiName: string): void {
    this.#serving.limitsChanged(apiName)
  }

  /** Drains: takes nothing new, waits for what runs, then leaves. With `force`, or when called again with it, aborts what runs. */
  stop(options: { readonly force?: boolean } = {}): Promise<StopReport> {
    this.#life.abort(
      busStateWrong({ act: 'Getting ready', state: 'stopping', cure: 'It was stopped first.' }),
    )
    if (this.#state === 'starting')
      this.#stopped = this.#started.then(
        () => nothingInHand,
        () => nothingInHand,
      )
    if (this.#state === 'running') {
      this.#state = 'stopping'
      this.#stopped = this.#drain().finally(() => (this.#state = 'idle'))
    }
    if (options.force) this.#force?.()
    return this.#stopped
  }

  async #begin(workload: Workload): Promise<void> {
    const patience = this.#patience()
    try {
      await patiently(this.#parts, 'Starting', patience, () => this.#tryToGetReady(workload, patience))
    } catch (error) {
      await this.#close()
      this.#state = 'idle'
      throw error
    }
    this.#serving.run()
    this.#listening.run()
    this.#scheduler?.run(workload.tasks)
    this.#state = 'running'
  }

  #patience(): Patience {
    const { clock, startTimeoutMs = Infinity } = this.#parts
    return { signal: this.#life.signal, giveUpAt: clock.now() + startTimeoutMs }
  }

  // A connection that is lost while the worker gets ready is waited for, just as one that cannot be made yet.
  async #tryToGetReady(workload: Workload, patience: Patience): Promise<void> {
    try {
      await this.#getReady(workload, patience)
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  async #getReady({ listeners, tasks, features }: Workload, patience: Patience): Promise<void> {
    const { apis, transports, keeper } = this.#parts
    const listening = features.includes('events') ? listeners : []
    await keeper.start(await transports.openPatiently('schema', '', patience))
    for (const listener of listening) await this.#listening.add(listener, patience)
    if (features.includes('rpcs')) await this.#serving.begin(patience)
    if (features.includes('tasks')) this.#scheduler = await this.#schedulerFor(tasks, patience)
    await this.#plugins.start({
      serves: features.includes('rpcs') ? apis.served().map(({ name }) => name) : [],
      listens: listening.map(({ listenerName, events }) => ({ listenerName, events: events.map(eventPath) })),
    })
  }

  async #schedulerFor(tasks: readonly Task[], patience: Patience): Promise<Scheduler> {
    const { transports, clock, log, handling } = this.#parts
    const open = () => transports.openPatiently('event', '', patience)
    const { serviceName } = handling
    return new Scheduler({ clock, log, turns: await turnsOf(tasks, open, { clock, log, serviceName }) })
  }

  async #drain(): Promise<StopReport> {
    const { log, shutdownTimeoutMs } = this.#parts
    const force = new AbortController()
    this.#force = () => force.abort()
    if (!(await this.#inTime(this.#finishAll(), force)))
      log.warn({ shutdownTimeoutMs }, 'What still ran was aborted; its events will be delivered again')
    this.#force = undefined
    const report = await this.#close()
    logStop(log, report)
    return report
  }

  // Handlers of events that would be gone with this process may call what only this process serves: until they are done it goes on serving. Where there are
  // none, a call of this very turn is left to others.
  async #finishAll(): Promise<void> {
    this.#serving.countAnew()
    this.#listening.countAnew()
    const drain = () => Promise.all([this.#serving.drain(), this.#listening.drain()])
    await Promise.all([this.#scheduler?.drain(), this.#listening.exhaust()?.then(drain) ?? drain()])
  }

  /** Whether it came to its end within the shutdown timeout, and before force was used. */
  async #inTime(drained: Promise<unknown>, force: AbortController): Promise<boolean> {
    const { clock, shutdownTimeoutMs } = this.#parts
    sleep(clock, shutdownTimeoutMs, force.signal).then(
      () => force.abort(),
      () => undefined,
    )
    try {
      await abortable(drained, force.signal)
      return true
    } catch {
      return false
    } finally {
      force.abort()
    }
  }

  async #close(): Promise<StopReport> {
    this.#parts.keeper.stop()
    this.#scheduler = undefined
    const [listeners, calls] = await Promise.all([this.#listening.close(), this.#serving.close()])
    await this.#plugins.stop()
    return stopReport(listeners, calls)
  }
}
