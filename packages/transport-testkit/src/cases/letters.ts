import type { DeadLetter, DeadLetterReason, DeadLetterStore, EventTransport } from '@lightbus/core/transport'
import type { Stage } from '../stage.ts'
import { keepPulling } from './heard.ts'
import { all, type Listening } from './pulling.ts'
import { address } from './samples.ts'

/** Why an event is given up, when that does not matter. */
export const givenUp: DeadLetterReason = { code: 'GIVEN_UP', message: 'nobody wants it', attempts: 1 }

/** The dead letters of a transport that declares `dlq`. */
export function storeOf({ deadLetters }: EventTransport): DeadLetterStore {
  if (!deadLetters) throw new Error('The transport declares dead letters, and has no store of them.')
  return deadLetters
}

/** What a listener of the usual event has given up. */
export function lettersOf(events: EventTransport, listenerName = 'mail'): Promise<DeadLetter[]> {
  return all(storeOf(events).list({ listenerName, events: [address] }))
}

/** The ids of their events. */
export function idsIn(letters: readonly DeadLetter[]): unknown[] {
  return letters.map(({ event }) => event?.id)
}

/** Goes on giving up beside the case whatever the listener `mail` hears. The ids are there as soon as they are given up. */
export function keepGivingUp(stage: Stage, { subscription, deliveries }: Listening): readonly unknown[] {
  const ids: unknown[] = []
  keepPulling(stage, deliveries, async ({ event, receipt }) => {
    await subscription.deadLetter(receipt, givenUp)
    ids.push(event?.id)
  })
  return ids
}
