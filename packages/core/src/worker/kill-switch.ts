import type { Log } from '../contracts/log.ts'
import { abortable } from '../util/abortable.ts'
import type { Clock } from '../util/clock.ts'
import type { ListenerSettings } from './listener-settings.ts'

export interface KillSwitchParts {
  readonly clock: Clock
  readonly log: Log
  readonly listenerName: string
  /** Told when the listener pauses, and when it goes on. */
  readonly pause: (isPaused: boolean) => void
}

/**
 * Pauses a listener that fails too often, and lets it try one event when the pause is over.
 *
 *     closed ──too many of the last events failed──▶ open ──the pause is over──▶ trying ──the event was handled──▶ closed
 *                                                     ▲                             │
 *                                                     └──────────it failed──────────┘
 */
export class KillSwitch {
  readonly #limit: NonNullable<ListenerSettings['killSwitch']>
  readonly #parts: KillSwitchParts
  #state: 'closed' | 'open' | 'trying' = 'closed'
  /** Whether each of the last events failed, the oldest first. */
  #failures: readonly boolean[] = []
  #isOneTried = false
  #waiting: (() => void)[] = []
  #cancel: () => void = () => undefined

  constructor(limit: NonNullable<ListenerSettings['killSwitch']>, parts: KillSwitchParts) {
    this.#limit = limit
    this.#parts = parts
  }

  /** Resolves when an event may be pulled; rejects with the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!this.#mayPull()) await abortable(this.#change(), signal)
    if (this.#state === 'trying') this.#isOneTried = true
  }

  /** What came of an event. Of those that were in hand when the listener paused nothing is concluded. */
  note(outcome: 'handled' | 'failed'): void {
    const hasFailed = outcome === 'failed'
    if (this.#state === 'trying') return hasFailed ? this.#open() : this.#close()
    if (this.#state === 'open') return
    this.#failures = [...this.#failures, hasFailed].slice(-this.#limit.of)
    if (this.#failures.length === this.#limit.of && this.#share() >= this.#limit.failureRate) this.#open()
  }

  /** No more pauses begin or end. */
  end(): void {
    this.#cancel()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #mayPull(): boolean {
    return this.#state === 'closed' || (this.#state === 'trying' && !this.#isOneTried)
  }

  #share(): number {
    return this.#failures.filter(Boolean).length / this.#failures.length
  }

  #open(): void {
    const { clock, log, listenerName, pause } = this.#parts
    const { pauseMs, of } = this.#limit
    const why =
      this.#state === 'trying' ? 'the event that it tried failed' : `too many of its last ${of} events failed`
    log.warn({ listener: listenerName, pauseMs }, `Listener "${listenerName}" pauses, since ${why}`)
    pause(true)
    this.#turn('open')
    this.#cancel = clock.after(pauseMs, () => this.#try())
  }

  #try(): void {
    const { log, listenerName, pause } = this.#parts
    log.info({ listener: listenerName }, `Listener "${listenerName}" tries one event`)
    this.#isOneTried = false
    this.#turn('trying')
    pause(false)
  }

  #close(): void {
    const { log, listenerName } = this.#parts
    log.info({ listener: listenerName }, `Listener "${listenerName}" goes on`)
    this.#failures = []
    this.#turn('closed')
  }

  #turn(state: 'closed' | 'open' | 'trying'): void {
    this.#state = state
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
