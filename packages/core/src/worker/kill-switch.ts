import type { Log } from '../contracts/log.ts'
import type { Clock } from '../util/clock.ts'
import type { ListenerSettings } from './listener-settings.ts'

export interface KillSwitchParts {
  readonly clock: Clock
  readonly log: Log
  readonly listenerName: string
  /** Told when another `concurrency` is allowed. */
  readonly changed: () => void
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
  #cancel: () => void = () => undefined

  constructor(limit: NonNullable<ListenerSettings['killSwitch']>, parts: KillSwitchParts) {
    this.#limit = limit
    this.#parts = parts
  }

  /** How many events may be handled at a time, as far as it is for the switch to say. */
  get concurrency(): number {
    return { closed: Infinity, open: 0, trying: 1 }[this.#state]
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

  #share(): number {
    return this.#failures.filter(Boolean).length / this.#failures.length
  }

  #open(): void {
    const { clock, log, listenerName } = this.#parts
    const { pauseMs, of } = this.#limit
    const why =
      this.#state === 'trying' ? 'the event that it tried failed' : `too many of its last ${of} events failed`
    log.warn({ listener: listenerName, pauseMs }, `Listener "${listenerName}" pauses, since ${why}`)
    this.#turn('open')
    this.#cancel = clock.after(pauseMs, () => this.#try())
  }

  #try(): void {
    const { log, listenerName } = this.#parts
    log.info({ listener: listenerName }, `Listener "${listenerName}" tries one event`)
    this.#turn('trying')
  }

  #close(): void {
    const { log, listenerName } = this.#parts
    log.info({ listener: listenerName }, `Listener "${listenerName}" goes on`)
    this.#failures = []
    this.#turn('closed')
  }

  #turn(state: 'closed' | 'open' | 'trying'): void {
    this.#state = state
    this.#parts.changed()
  }
}
