import { busStateWrong, listenerDuplicate } from '../errors/catalogue.ts'
import { Listener, type ListenerRequest } from '../worker/listener.ts'
import type { Worker } from '../worker/worker.ts'
import type { ListenerControl } from './bus.ts'

/** What a bus listens for, by the names of the listeners. What is said before the bus starts begins with it, what is said later at once. */
export class ListenerSet {
  readonly #byName = new Map<string, Listener>()
  readonly #waiting: ((started: Promise<void>) => void)[] = []
  #started: Promise<Worker> | undefined
  #isEnding = false

  all(): readonly Listener[] {
    return [...this.#byName.values()]
  }

  /** Throws `BUS_LISTENER_DUPLICATE`, `BUS_CONCURRENCY_INVALID`, and `BUS_STATE_WRONG` for a bus that stops. */
  add(request: ListenerRequest): ListenerControl {
    const { listenerName } = request
    if (this.#isEnding)
      throw busStateWrong({ act: 'Listening', state: 'stopping or stopped', cure: 'Start it again first.' })
    if (this.#byName.has(listenerName)) throw listenerDuplicate({ listener: listenerName })
    const listener = new Listener(request)
    this.#byName.set(listenerName, listener)
    const ready = this.#started ? this.#begin(listener, this.#started) : this.#withTheStart()
    // Who does not wait for it finds the reason in the log.
    ready.catch(() => undefined)
    let stopped: Promise<void> | undefined
    return {
      listenerName,
      ready,
      limit: (limits) => listener.limit(limits),
      pause: () => listener.pause(true),
      resume: () => listener.pause(false),
      stop: () => (stopped ??= this.#remove(listener)),
    }
  }

  /** The bus starts with those that are there; the others begin when it has started. Rejects as the start does. */
  async start(starting: Promise<Worker>): Promise<void> {
    // A bus that runs already stays as it is.
    if (this.#started && !this.#isEnding) return void (await starting)
    this.#isEnding = false
    this.#started = starting
    const started = starting.then(() => undefined)
    for (const resolve of this.#waiting.splice(0)) resolve(started)
    try {
      await started
    } catch (error) {
      this.#started = undefined
      throw error
    }
  }

  /** Nothing can be added until the bus starts again. */
  end(): void {
    this.#isEnding = true
  }

  #withTheStart(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async #begin(listener: Listener, started: Promise<Worker>): Promise<void> {
    try {
      await (await started).listen(listener)
    } catch (error) {
      this.#forget(listener)
      throw error
    }
  }

  async #remove(listener: Listener): Promise<void> {
    listener.stop()
    const worker = await this.#started?.catch(() => undefined)
    await worker?.unlisten(listener)
    this.#forget(listener)
  }

  #forget(listener: Listener): void {
    if (this.#byName.get(listener.listenerName) === listener) this.#byName.delete(listener.listenerName)
  }
}
