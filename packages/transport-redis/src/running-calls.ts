import type { Redis } from 'ioredis'
import { GatheredBy } from './gathered.ts'
import { atOnce } from './slices.ts'

/** A call that one server runs. */
export class RunningCall {
  /** Where others see that it runs, if they do. */
  readonly key: string | undefined
  #isCancelled = false
  #controller: AbortController | undefined

  constructor(key: string | undefined) {
    this.key = key
  }

  /** Aborts when its caller cancels it; made for whoever asks for it. */
  get cancelled(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isCancelled) this.#controller.abort(cancelled)
    return this.#controller.signal
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  cancel(): void {
    this.#isCancelled = true
    this.#controller?.abort(cancelled)
  }
}

// Most of them run elsewhere, or nowhere any more.
const mostEarly = 1_000

const cancelled = new Error('The caller has cancelled the call.')

/** The calls that one server runs, and who among their callers has gone. */
export class RunningCalls {
  readonly #calls = new Map<string, RunningCall>()
  /** Calls that were cancelled before they were seen here: the one may overtake the other. */
  readonly #early = new Set<string>()
  readonly #over: GatheredBy<string, void>

  constructor(commands: Redis) {
    this.#over = new GatheredBy<string, void>(atOnce, async (key, ids) => {
      await commands.hdel(key, ...ids)
      return []
    })
  }

  /** The call runs from now on, and others see it at the key, if there is one. */
  add(callId: string, key: string | undefined): RunningCall {
    const call = new RunningCall(key)
    if (this.#early.delete(callId)) call.cancel()
    this.#calls.set(callId, call)
    return call
  }

  isCancelled(callId: string): boolean {
    return this.#calls.get(callId)?.isCancelled ?? false
  }

  cancel(callIds: readonly string[]): void {
    for (const id of callIds) {
      const call = this.#calls.get(id)
      if (call) call.cancel()
      else this.#early.add(id)
    }
    for (const id of this.#early) {
      if (this.#early.size <= mostEarly) break
      this.#early.delete(id)
    }
  }

  done(callId: string): void {
    const call = this.#calls.get(callId)
    if (!call) return
    this.#calls.delete(callId)
    // What stays there goes with the server.
    if (call.key !== undefined) this.#over.add(call.key, callId).catch(() => undefined)
  }
}
