import type { Redis } from 'ioredis'

/** The calls that one server runs, and who among their callers has gone. */
export class RunningCalls {
  readonly #commands: Redis
  readonly #calls = new Map<string, { readonly controller: AbortController; readonly key: string }>()

  constructor(commands: Redis) {
    this.#commands = commands
  }

  get size(): number {
    return this.#calls.size
  }

  /** The call runs from now on, and others see it at the key. The signal aborts when its caller cancels. */
  add(callId: string, key: string): AbortSignal {
    const controller = new AbortController()
    this.#calls.set(callId, { controller, key })
    return controller.signal
  }

  cancel(callIds: readonly string[]): void {
    for (const id of callIds)
      this.#calls.get(id)?.controller.abort(new Error('The caller has cancelled the call.'))
  }

  done(callId: string): void {
    const call = this.#calls.get(callId)
    if (!call) return
    this.#calls.delete(callId)
    // What stays there goes with the server.
    this.#commands.hdel(call.key, callId).catch(() => undefined)
  }
}
