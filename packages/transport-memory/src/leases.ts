import type { BrokerTime } from './broker-time.ts'
import type { Hold } from './group-member.ts'

/** Who holds what, and for how long. Has one timer while something is held, and none otherwise. */
export class Leases {
  readonly #time: BrokerTime
  readonly #expired: (hold: Hold) => void
  readonly #holds = new Set<Hold>()
  #dueAtMs = Infinity
  #stopTimer: (() => void) | undefined

  constructor(time: BrokerTime, expired: (hold: Hold) => void) {
    this.#time = time
    this.#expired = expired
  }

  all(): readonly Hold[] {
    return [...this.#holds]
  }

  has(hold: Hold): boolean {
    return this.#holds.has(hold)
  }

  begin(hold: Hold): void {
    this.#holds.add(hold)
    this.#prolong(hold)
    if (hold.expiresAtMs < this.#dueAtMs) this.#arm(hold.expiresAtMs)
  }

  /** Whether it was still held, which it is for the full length from now on. */
  renew(hold: Hold): boolean {
    if (!this.#holds.has(hold)) return false
    this.#prolong(hold)
    return true
  }

  /** Whether it was still held. */
  end(hold: Hold): boolean {
    if (!this.#holds.delete(hold)) return false
    if (this.#holds.size === 0) this.#arm(Infinity)
    return true
  }

  #prolong(hold: Hold): void {
    hold.expiresAtMs = this.#time.clock.now() + hold.member.leaseMs
  }

  #arm(dueAtMs: number): void {
    const { timers, clock } = this.#time
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#dueAtMs = dueAtMs
    if (dueAtMs === Infinity) return
    this.#stopTimer = timers.after(clock, dueAtMs - clock.now(), () => this.#sweep())
  }

  #sweep(): void {
    const now = this.#time.clock.now()
    const over = this.all().filter((hold) => hold.expiresAtMs <= now)
    for (const hold of over) this.#holds.delete(hold)
    this.#arm(Math.min(...this.all().map((hold) => hold.expiresAtMs)))
    for (const hold of over) this.#expired(hold)
  }
}
