import type { DeadLetter, DeadLetterStore, ListenerAddress } from '@lightbus/core/transport'
import type { KeptLetter } from './dead-letter-box.ts'
import { readEvent } from './event-text.ts'
import { Hearing } from './hearing.ts'
import type { Link } from './link.ts'

/** The dead letters of a service's listeners. */
export class MemoryDeadLetters implements DeadLetterStore {
  readonly #link: Link
  readonly #groupOf: (listenerName: string) => string

  constructor(link: Link, groupOf: (listenerName: string) => string) {
    this.#link = link
    this.#groupOf = groupOf
  }

  async *list({ listenerName, events }: ListenerAddress): AsyncIterable<DeadLetter> {
    const { paths } = new Hearing(events)
    const group = this.#groupOf(listenerName)
    yield* (await this.#link.carry((broker) => broker.events.letters(group, paths))).map(letterOf)
  }

  async redrive({ id }: DeadLetter): Promise<boolean> {
    return this.#link.carry((broker) => broker.events.redrive(id))
  }

  async discard({ id }: DeadLetter): Promise<boolean> {
    return this.#link.carry((broker) => broker.events.discard(id))
  }
}

function letterOf({ id, listener, stored, raw, reason, deadAtMs }: KeptLetter): DeadLetter {
  const { nativeId } = stored
  const { event } = readEvent(raw, nativeId)
  return {
    id,
    group: listener,
    nativeId,
    event,
    raw,
    reason: { ...reason },
    deadAt: new Date(deadAtMs),
  }
}
