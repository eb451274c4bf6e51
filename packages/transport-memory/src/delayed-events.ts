import type { BrokerTime } from './broker-time.ts'

interface Delayed {
  readonly dueAtMs: number
  readonly arrive: () => void
}

/** Events on their way that are to arrive later (E77). */
export class DelayedEvents {
  readonly #time: BrokerTime
  readonly #stops = new Map<Delayed, () => void>()

  constructor(time: BrokerTime) {
    this.#time = time
  }

  add(dueAtMs: number, arrive: () => void): void {
    this.#start({ dueAtMs, arrive })
  }

  clear(): void {
    for (const stop of this.#stops.values()) stop()
    this.#stops.clear()
  }

  /** The returned function brings this moment back; what has become due since then arrives at once. */
  checkpoint(): () => void {
    const all = [...this.#stops.keys()]
    return () => {
      this.clear()
      for (const delayed of all) this.#start(delayed)
    }
  }

  #start(delayed: Delayed): void {
    const { timers, clock } = this.#time
    const arrive = (): void => {
      this.#stops.delete(delayed)
      delayed.arrive()
    }
    this.#stops.set(delayed, timers.after(clock, delayed.dueAtMs - clock.now(), arrive))
  }
}
