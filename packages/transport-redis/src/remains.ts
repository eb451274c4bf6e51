import type { EventSource } from './event-source.ts'
import { Recovery, type RecoverRequest } from './reclaim.ts'
import { Sweep } from './sweep.ts'

interface RemainsParts {
  readonly request: Omit<RecoverRequest, 'source' | 'minIdleMs'>
  /** For how long others are silent before what they hold is taken over. */
  readonly leaseMs: number
  /** Something of a key is ready to be taken. */
  readonly onReady: () => void
  /** Acts in so many milliseconds, and has the remains looked at again. */
  readonly after: (ms: number, act: () => void) => void
}

/** What is pending in one stream and in nobody's hand: what this process had before, and what others have left. */
export class Remains {
  readonly #source: EventSource
  readonly #parts: RemainsParts
  #recovery: Recovery | undefined
  #sweep: Sweep | undefined
  #isResting = false

  constructor(source: EventSource, parts: RemainsParts) {
    this.#source = source
    this.#parts = parts
  }

  /** Something may be there that this process had before. */
  get hasOwn(): boolean {
    return this.#source.hasOwn || this.#recovery !== undefined
  }

  /** A sweep is due, and has something to do now. */
  get isSweepDue(): boolean {
    return this.#source.isSweepDue && !this.#isResting
  }

  /** Takes so many at most of what this process had before. */
  async recoverOwn(room: number): Promise<void> {
    const { request } = this.#parts
    if (!this.#recovery) this.#source.hasOwn = false
    this.#recovery ??= new Recovery({ ...request, source: this.#source.group, minIdleMs: 0, onlyOwn: true })
    if (await this.#recovery.step(room)) this.#recovery = undefined
  }

  /** Takes so many at most of what others have left. */
  async sweep(room: number): Promise<void> {
    const { request, leaseMs, onReady, after } = this.#parts
    this.#sweep ??= new Sweep({ ...request, source: this.#source.group, minIdleMs: leaseMs, onReady })
    // What fails here is tried at the next sweep; what is new must not wait for it.
    const { isAtEnd, restMs } = await this.#sweep.step(room).catch(() => ({ isAtEnd: true, restMs: 0 }))
    if (isAtEnd) {
      this.#sweep = undefined
      this.#source.isSweepDue = false
    } else if (restMs > 0) {
      this.#isResting = true
      after(restMs, () => (this.#isResting = false))
    }
  }

  /** There is no such group, and so nothing of it. */
  forget(): void {
    this.#source.hasOwn = false
    this.#recovery = undefined
  }
}
