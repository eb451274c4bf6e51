import { createHash } from 'node:crypto'
import type { Outbox } from '../messages/message-context.ts'

/** Keeps what a handler fires until it has succeeded, and sends it then, in order. */
export class HandlerOutbox implements Outbox {
  readonly #origin: string
  readonly #waiting: (() => Promise<void>)[] = []
  #count = 0

  /** `origin` names the message and who handles it. */
  constructor(origin: string) {
    this.#origin = origin
  }

  /** The ids of what a message brings about are the same each time, so that a transport with a dedup window keeps it once. */
  nextId(): string {
    this.#count += 1
    return createHash('sha256').update(`${this.#origin} ${this.#count}`).digest('hex').slice(0, 32)
  }

  add(send: () => Promise<void>): void {
    this.#waiting.push(send)
  }

  /** Rejects with the first failure; what was sent before it is sent again with the same id when the message is handled again. */
  async flush(): Promise<void> {
    for (const send of this.#waiting.splice(0)) await send()
  }
}
