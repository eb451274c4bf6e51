import type { ListenerOptions } from '../config/listener-config.ts'
import type { EventAddress } from '../contracts/event-address.ts'
import { busStateWrong } from '../errors/catalogue.ts'
import { durationMs } from '../util/duration.ts'
import { checkLimit } from './check-limit.ts'
import type { EventHandler } from './hearing.ts'

/** What may be changed of a listener while it runs. */
export type ListenerLimits = Pick<ListenerOptions, 'concurrency' | 'prefetch' | 'rateLimit'>

/** A listener as it is asked for: a group that shares the work, and the user's function. */
export interface ListenerRequest {
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  readonly handler: EventHandler
  readonly since: 'new' | 'beginning' | Date | undefined
  /** What code says of it; the configuration says the rest. */
  readonly options: ListenerOptions
}

/** A listener as it was asked for, and what it was told since. It outlives the runs of the worker. */
export class Listener implements ListenerRequest {
  readonly listenerName: string
  readonly events: readonly EventAddress[]
  readonly handler: EventHandler
  readonly since: 'new' | 'beginning' | Date | undefined
  /** Told of every change while the listener runs. */
  onChange: () => void = () => undefined
  readonly #stop = new AbortController()
  #options: ListenerOptions
  #isPaused = false

  /** Throws `BUS_CONCURRENCY_INVALID` and `BUS_DURATION_INVALID`. */
  constructor({ listenerName, events, handler, since, options }: ListenerRequest) {
    this.listenerName = listenerName
    this.events = events
    this.handler = handler
    this.since = since
    this.#check(options)
    this.#options = options
  }

  get options(): ListenerOptions {
    return this.#options
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Aborts when the listener is wanted no more. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Throws as the constructor does, and changes nothing then. */
  limit(limits: ListenerLimits): void {
    this.#check(limits)
    this.#options = { ...this.#options, ...limits }
    this.onChange()
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.onChange()
  }

  stop(): void {
    this.#stop.abort(
      busStateWrong({ act: 'Listening', state: 'stopping', cure: 'The listener was stopped first.' }),
    )
  }

  #check({ concurrency, prefetch, rateLimit }: ListenerLimits): void {
    const of = `The listener "${this.listenerName}"`
    checkLimit(of, 'concurrency', concurrency)
    checkLimit(of, 'prefetch', prefetch)
    checkLimit(of, 'rate limit', rateLimit?.events)
    if (rateLimit) durationMs(rateLimit.per)
  }
}
