import { callBusy } from '../errors/catalogue.ts'
import { procedurePath, type UnaddressedCall } from '../messages/rpc-message.ts'
import type { LendableSlot } from '../messages/message-context.ts'

/** Calls of an API executed at a time by one process, unless its `concurrency` says otherwise. */
export const rpcConcurrency = 100

/** Calls that wait in this process for each limit of an API or a procedure; further ones are refused as busy. */
export const waitingPerLimit = 100

/** How many calls of an API are executed at a time in this process, and how many of single procedures: no limit of their own unless given. */
export interface CallLimits<Procedure extends string = string> {
  readonly concurrency?: number
  /** How many calls this process may hold, those that wait for the API's `concurrency` included: 100 more than that unless given. */
  readonly prefetch?: number
  readonly procedures?: { readonly [P in Procedure]?: { readonly concurrency: number } }
}

/** The room of one call that is executed. */
export interface CallSlot extends LendableSlot {
  release(): void
}

/**
 * Says when a call of an API may start: when the API and its procedure each have room. Of those that wait the oldest that can start is next, so
 * that a call that must wait for its own limit holds up no other (R24, R27).
 */
export class CallSlots {
  readonly #tallies = new Map<string, Tally>()
  readonly #waiting = new Set<Waiter>()
  readonly #roomChanged: () => void
  #limits: CallLimits
  #lent = 0

  /** `roomChanged` is told when more calls may be held than before. */
  constructor(limits: CallLimits, roomChanged: () => void) {
    this.#limits = limits
    this.#roomChanged = roomChanged
  }

  /** How many calls this process may hold: those that run, those that have lent their slot, and those that may wait or be refused. */
  get prefetch(): number {
    const { concurrency = rpcConcurrency, procedures = {} } = this.#limits
    const waiting =
      (this.#isLimited ? this.#maxWaiting(api) : 0) + waitingPerLimit * Object.keys(procedures).length
    return Math.max(rpcConcurrency, concurrency) + this.#lent + waiting
  }

  /** Other limits count at once, also for what waits. What runs already goes on. */
  change(limits: CallLimits): void {
    this.#limits = limits
    this.#startWaiting()
    this.#roomChanged()
  }

  /** A slot that the call need not wait for, if there is one. */
  free(call: UnaddressedCall): CallSlot | undefined {
    const names = [call.procedureName, api]
    if (names.some((name) => this.#isFull(name))) return undefined
    this.#occupy(names)
    return this.#slot(names)
  }

  /** Resolves with a slot, or with undefined when the signal aborts before there is one. Rejects with `BUS_RPC_BUSY` when too many wait already. */
  async take(call: UnaddressedCall, signal: AbortSignal): Promise<CallSlot | undefined> {
    if (signal.aborted) return undefined
    const names = [call.procedureName, api]
    const full = names.find((name) => this.#isFull(name))
    if (full !== undefined && this.#tally(full).waiting >= this.#maxWaiting(full))
      throw callBusy({
        procedure: procedurePath(call),
        why: `it is at its limit, and as many calls as may wait for it already: ${this.#maxWaiting(full)}`,
      })
    if (full === undefined) this.#occupy(names)
    else if (!(await this.#occupied(names, full, signal))) return undefined
    return this.#slot(names)
  }

  get #isLimited(): boolean {
    return this.#limits.concurrency !== undefined || this.#limits.prefetch !== undefined
  }

  #max(name: string): number {
    const { concurrency = rpcConcurrency, procedures = {} } = this.#limits
    return name === api ? concurrency : (procedures[name]?.concurrency ?? Infinity)
  }

  // Without a limit of its own an API is not told of more calls than it can execute.
  #maxWaiting(name: string): number {
    const { concurrency = rpcConcurrency, prefetch = concurrency + waitingPerLimit } = this.#limits
    if (name !== api) return waitingPerLimit
    return this.#isLimited ? Math.max(0, prefetch - concurrency) : Infinity
  }

  #isFull(name: string): boolean {
    return (this.#tallies.get(name)?.running ?? 0) >= this.#max(name)
  }

  /** Whether the call came to occupy its limits. While it waits it is counted where it found no room. */
  #occupied(names: readonly string[], full: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#waiting.delete(waiter)
        this.#count(full, { waiting: -1 })
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
      const waiter: Waiter = { names, start }
      this.#waiting.add(waiter)
      this.#count(full, { waiting: 1 })
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #slot(names: readonly string[]): CallSlot {
    let isReleased = false
    let loans = 0
    return {
      release: () => {
        if (isReleased) return
        isReleased = true
        if (loans === 0) this.#vacate(names)
        else this.#lent -= 1
      },
      // A handler that waits for several calls at once has still one slot to lend.
      lend: () => {
        if (isReleased) return () => undefined
        loans += 1
        if (loans === 1) this.#lend(names)
        return () => {
          loans -= 1
          if (loans > 0 || isReleased) return
          this.#lent -= 1
          this.#occupy(names)
        }
      },
    }
  }

  #lend(names: readonly string[]): void {
    this.#lent += 1
    this.#vacate(names)
    this.#roomChanged()
  }

  #occupy(names: readonly string[]): void {
    for (const name of names) this.#count(name, { running: 1 })
  }

  #vacate(names: readonly string[]): void {
    for (const name of names) this.#count(name, { running: -1 })
    this.#startWaiting()
  }

  #startWaiting(): void {
    for (const { names, start } of this.#waiting) {
      if (this.#isFull(api)) return
      if (names.some((name) => this.#isFull(name))) continue
      this.#occupy(names)
      start()
    }
  }

  #tally(name: string): Tally {
    return this.#tallies.get(name) ?? { running: 0, waiting: 0 }
  }

  #count(name: string, { running = 0, waiting = 0 }: Partial<Tally>): void {
    const before = this.#tally(name)
    const tally = { running: before.running + running, waiting: before.waiting + waiting }
    // What procedures are asked for is up to the callers: nothing is kept of one that is over.
    if (tally.running === 0 && tally.waiting === 0) this.#tallies.delete(name)
    else this.#tallies.set(name, tally)
  }
}

/** The API as a whole, beside its procedures, whose names are never empty. */
const api = ''

interface Tally {
  readonly running: number
  /** Calls that found no room here when they came. */
  readonly waiting: number
}

interface Waiter {
  readonly names: readonly string[]
  readonly start: () => void
}
