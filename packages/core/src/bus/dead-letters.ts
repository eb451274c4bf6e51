import type { DeadLetter } from '../contracts/dead-letters.ts'
import type { ListenerAddress } from '../contracts/event-address.ts'
import type {
  DeadLetterDesk,
  DiscardLetters,
  LetterFilter,
  RedriveLetters,
} from '../client/dead-letter-desk.ts'
import { listenerUnknown } from '../errors/catalogue.ts'
import { nearest } from '../util/nearest.ts'

/** The dead letters of this service's listeners, by the name of the listener. Rejects with `BUS_LISTENER_UNKNOWN`. */
export interface DeadLetters {
  /** The oldest first. */
  list(listenerName: string, filter?: LetterFilter): AsyncIterable<DeadLetter>
  /** Gives them back to the listener, and to no other, with the attempts counted anew. Resolves with how many. */
  redrive(listenerName: string, options?: RedriveLetters): Promise<number>
  /** Deletes them. Resolves with how many. */
  discard(listenerName: string, options?: DiscardLetters): Promise<number>
}

/** The dead letters of the listeners of a bus, whether it has started or not. */
export function deadLettersOf(
  listeners: () => readonly ListenerAddress[],
  desk: () => Promise<DeadLetterDesk>,
): DeadLetters {
  const find = (listenerName: string): ListenerAddress => {
    const known = listeners()
    const found = known.find((listener) => listener.listenerName === listenerName)
    if (found) return found
    const names = known.map((listener) => listener.listenerName)
    throw listenerUnknown({ listener: listenerName, nearest: nearest(listenerName, names) })
  }
  return {
    async *list(listenerName, filter) {
      yield* (await desk()).list(find(listenerName), filter)
    },
    async redrive(listenerName, options) {
      return (await desk()).redrive(find(listenerName), options)
    },
    async discard(listenerName, options) {
      return (await desk()).discard(find(listenerName), options)
    },
  }
}
