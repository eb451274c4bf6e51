import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { procedurePath } from '../messages/rpc-message.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { Clock } from '../util/clock.ts'
import { deadLetterReason } from '../worker/failure-policy.ts'
import type { Sighting } from './sighting.ts'

/** An event that was fired to arrive later. */
export interface DelayedEvent {
  readonly path: string
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly dueAt: number
}

/** Sees what is fired, called and handled, and what of it still runs. */
export class Witness {
  readonly fired: Sighting[] = []
  readonly called: Sighting[] = []
  readonly handled: Sighting[] = []
  /** The attempts of listeners that failed. */
  readonly failed: Sighting[] = []
  readonly #clock: Clock
  readonly #running = new Set<{ readonly what: string }>()
  readonly #delayed = new Map<string, DelayedEvent>()
  #changes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts up whenever something begins or ends. */
  get changes(): number {
    return this.#changes
  }

  /** What runs, for people. */
  get running(): readonly string[] {
    return [...this.#running].map(({ what }) => what)
  }

  /** What was fired to arrive later, and has not been handled yet. */
  get delayed(): readonly DelayedEvent[] {
    return [...this.#delayed.values()]
  }

  /** Counts an act as running until it ends. */
  async follow<T>(what: string, act: () => Promise<T>): Promise<T> {
    const running = { what }
    this.#running.add(running)
    this.#changes += 1
    try {
      return await act()
    } finally {
      this.#running.delete(running)
      this.#changes += 1
    }
  }

  /** Its eyes, around all other plugins of a bus. */
  plugin(): Plugin {
    return {
      name: 'test-bus',
      order: Number.MIN_SAFE_INTEGER,
      fireEvent: (event, next, { delayMs = 0 }) =>
        this.follow(`the firing of ${eventPath(event)} ${event.id}`, async () => {
          await next(event)
          this.fired.push(sightingOf(event))
          if (delayMs > 0) this.#delay(event, delayMs)
        }),
      handleEvent: (event, next, { listenerName, attempt }) => {
        this.#delayed.delete(event.id)
        const seen = { ...sightingOf(event), listenerName, attempt }
        const what = `the listener "${listenerName}" with ${seen.path} ${event.id}, attempt ${attempt}`
        return this.follow(what, () => this.#handle(seen, () => next(event)))
      },
      callRpc: (call, next) => {
        const { id, parameters, headers } = call
        this.called.push({ path: procedurePath(call), id, parameters, headers })
        return this.follow(`the call of ${procedurePath(call)} ${id}`, () => next(call))
      },
      serveRpc: (call, next) =>
        this.follow(`the procedure ${procedurePath(call)} with the call ${call.id}`, () => next(call)),
    }
  }

  #delay(event: EventMessage, delayMs: number): void {
    const { id } = event
    this.#delayed.set(id, { path: eventPath(event), id, dueAt: this.#clock.now() + delayMs })
  }

  async #handle(seen: Sighting & { readonly attempt: number }, handle: () => Promise<void>): Promise<void> {
    try {
      await handle()
    } catch (error) {
      const { code, message } = deadLetterReason(error, seen.attempt)
      this.failed.push({ ...seen, code, message })
      throw error
    }
    this.handled.push(seen)
  }
}

function sightingOf(event: EventMessage): Sighting {
  const { id, parameters, headers } = event
  return { path: eventPath(event), id, parameters, headers }
}
