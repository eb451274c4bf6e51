import { transportClosed } from '@lightbus/core/transport'
import type { EventGroup } from './event-group.ts'
import type { GroupMember } from './group-member.ts'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Those who wait until a group has nothing left to deliver or settle, or somebody else who will see to it. */
export class Drains {
  readonly #member: GroupMember
  readonly #waiters = new Set<Waiter>()
  #group: EventGroup | undefined
  #stopWatching: (() => void) | undefined
  #isClosed = false
  #isLeaving = false

  constructor(member: GroupMember) {
    this.#member = member
  }

  /** Whether somebody has begun to wait: from then on nobody else relies on the member. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** It is this group from now on. */
  follow(group: EventGroup): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.#group = group
    this.#look()
  }

  /** Undefined where there is nothing to wait for; rejects with `BUS_TRANSPORT_CLOSED` when closed first. */
  wait(): Promise<void> | undefined {
    this.#isLeaving = true
    if (this.#isDone) return undefined
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(transportClosed({ transport: 'memory' }))
      this.#waiters.add({ resolve, reject })
      this.#watch()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#end(({ reject }) => reject(transportClosed({ transport: 'memory' })))
  }

  get #isDone(): boolean {
    const group = this.#group
    return !!group && (group.isSharedBeside(this.#member) || group.isDrained(this.#member.hearing.paths))
  }

  #look(): void {
    if (this.#isDone) this.#end(({ resolve }) => resolve())
    else this.#watch()
  }

  #watch(): void {
    if (this.#waiters.size > 0) this.#stopWatching ??= this.#group?.watch(() => this.#look())
  }

  #end(tell: (waiter: Waiter) => void): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    for (const waiter of this.#waiters) tell(waiter)
    this.#waiters.clear()
  }
}
