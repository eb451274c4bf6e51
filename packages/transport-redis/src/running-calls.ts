import type { Redis } from 'ioredis'

/** The calls that one server runs, and who among their callers has gone. */
export class RunningCalls {
  readonly #commands: Redis
  /** Where others see which calls these are. */
  readonly #key: string
  readonly #calls = new Map<string, AbortController>()

  constructor(commands: Redis, key: string) {
    this.#commands = commands
    this.#key = key
  }

  get size(): number {
    return this.#calls.size
  }

  /** The call runs from now on. The signal aborts when its caller cancels. */
  add(callId: string): AbortSignal {
    const controller = new AbortController()
    this.#calls.set(callId, controller)
    return controller.signal
  }

  cancel(callIds: readonly string[]): void {
    for (const id of callIds) this.#calls.get(id)?.abort(new Error('The caller has cancelled the call.'))
  }

  done(callId: string): void {
    if (!this.#calls.delete(callId)) return
    // What stays there goes with the server.
    this.#commands.hdel(this.#key, callId).catch(() => undefined)
  }
}
