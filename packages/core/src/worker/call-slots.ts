import { callBusy } from '../errors/catalogue.ts'
import { procedurePath, type UnaddressedCall } from '../messages/rpc-message.ts'
import type { LendableSlot } from '../messages/message-context.ts'

/** Calls executed at a time by one process, for each RPC transport that it serves on. */
export const rpcConcurrency = 100

/** Calls that wait in this process for each limit of an API or a procedure; further ones are refused as busy. */
export const waitingPerLimit = 100

/** How many calls of an API are executed at a time in this process, and how many of single procedures: no limit unless given. */
export interface CallLimits<Procedure extends string = string> {
  readonly concurrency?: number
  readonly procedures?: { readonly [P in Procedure]?: { readonly concurrency: number } }
}

/** The room of one call that is executed. */
export interface CallSlot extends LendableSlot {
  release(): void
}

/**
 * Says when a call may start: when the process, its API and its procedure each have room. Of those that wait the oldest that can start is next, so
 * that a call that must wait for its own limit holds up no other (R24, R25, R27).
 */
export class CallSlots {
  readonly #limits = new Map<string, Limit>()
  readonly #process: Limit = { max: rpcConcurrency, running: 0, waiting: 0 }
  readonly #waiting = new Set<Waiter>()
  readonly #roomChanged: () => void
  #lent = 0

  /** `roomChanged` is told when more calls may be held than before. */
  constructor(limits: ReadonlyMap<string, CallLimits>, roomChanged: () => void) {
    this.#roomChanged = roomChanged
    for (const [apiName, { concurrency, procedures = {} }] of limits) {
      if (concurrency !== undefined) this.#limit(apiName, concurrency)
      for (const [name, limit] of Object.entries(procedures))
        if (limit) this.#limit(`${apiName}.${name}`, limit.concurrency)
    }
  }

  /** How many calls this process may hold: those that run, those that have lent their slot, and those that may wait. */
  get prefetch(): number {
    return rpcConcurrency + this.#lent + waitingPerLimit * this.#limits.size
  }

  /** Resolves with a slot, or with undefined when the signal aborts before there is one. Rejects with `BUS_RPC_BUSY` when too many wait already. */
  async take(call: UnaddressedCall, signal: AbortSignal): Promise<CallSlot | undefined> {
    if (signal.aborted) return undefined
    const path = procedurePath(call)
    const limits = [this.#limits.get(path), this.#limits.get(call.apiName), this.#process].filter(
      (limit) => limit !== undefined,
    )
    const full = limits.find(isFull)
    if (full && full !== this.#process && full.waiting >= waitingPerLimit)
      throw callBusy({ procedure: path, why: `${waitingPerLimit} calls wait for it already` })
    if (!full) occupy(limits)
    else if (!(await this.#occupied(limits, full, signal))) return undefined
    return this.#slot(limits)
  }

  #limit(name: string, max: number): void {
    this.#limits.set(name, { max, running: 0, waiting: 0 })
  }

  /** Whether the call came to occupy its limits. While it waits it is counted where it found no room. */
  #occupied(limits: readonly Limit[], full: Limit, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#waiting.delete(waiter)
        full.waiting -= 1
        signal.removeEventListener('abort', giveUp)
      }
      const giveUp = (): void => {
        leave()
        resolve(false)
      }
      const start = (): void => {
        leave()
        resolve(true)
      }
      const waiter: Waiter = { limits, start }
      this.#waiting.add(waiter)
      full.waiting += 1
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #slot(limits: readonly Limit[]): CallSlot {
    let isReleased = false
    let loans = 0
    return {
      release: () => {
        if (isReleased) return
        isReleased = true
        if (loans === 0) this.#vacate(limits)
        else this.#lent -= 1
      },
      // A handler that waits for several calls at once has still one slot to lend.
      lend: () => {
        if (isReleased) return () => undefined
        loans += 1
        if (loans === 1) this.#lend(limits)
        return () => {
          loans -= 1
          if (loans > 0 || isReleased) return
          this.#lent -= 1
          occupy(limits)
        }
      },
    }
  }

  #lend(limits: readonly Limit[]): void {
    this.#lent += 1
    this.#vacate(limits)
    this.#roomChanged()
  }

  #vacate(limits: readonly Limit[]): void {
    for (const limit of limits) limit.running -= 1
    for (const waiter of this.#waiting) {
      if (isFull(this.#process)) return
      if (waiter.limits.some(isFull)) continue
      occupy(waiter.limits)
      waiter.start()
    }
  }
}

interface Limit {
  readonly max: number
  running: number
  /** Calls that found no room here when they came. */
  waiting: number
}

interface Waiter {
  readonly limits: readonly Limit[]
  readonly start: () => void
}

function isFull({ running, max }: Limit): boolean {
  return running >= max
}

function occupy(limits: readonly Limit[]): void {
  for (const limit of limits) limit.running += 1
}
