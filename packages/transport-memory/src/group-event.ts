import type { StoredEvent } from './stored-event.ts'

/** An event in the hands of a group, until it is settled. */
export class GroupEvent {
  readonly sequence: number
  readonly stored: StoredEvent
  /** How often it was handed over. */
  attempts: number
  /** Not to be handed over sooner. */
  restsUntilMs: number
  /** Ready for whoever pulls, behind another of its key, in the hand of a member, or resting until it is tried again. */
  state: 'ready' | 'behind' | 'held' | 'resting' = 'behind'
  stopRest: (() => void) | undefined

  constructor(stored: StoredEvent, attempts = 0, restsUntilMs = 0) {
    this.stored = stored
    this.sequence = stored.sequence
    this.attempts = attempts
    this.restsUntilMs = restsUntilMs
  }
}
