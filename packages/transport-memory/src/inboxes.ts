import type { Clock } from '@lightbus/core/transport'
import { ExpiringTexts, type StoredKey } from './expiring-texts.ts'

/** Where a process waits for results. */
export interface Inbox {
  /** Whether what is pushed reaches the process. */
  readonly isReceiving: boolean
  /** Whether the process is gone for good. */
  readonly isCrashed: boolean
  take(text: string): void
  /** The broker has lost this inbox, and whatever was in it. */
  lose(): void
}

/** The inboxes of a broker, by the secret part of their return paths. A result for one that is not there is discarded. */
export class Inboxes {
  readonly #inboxes = new Map<string, Inbox>()
  /** Results whose receivers are away. */
  readonly #kept: ExpiringTexts
  #lastNumber = 0

  constructor(clock: Clock) {
    this.#kept = new ExpiringTexts('result', clock)
  }

  has(name: string): boolean {
    return this.#inboxes.has(name)
  }

  open(name: string, inbox: Inbox): void {
    this.#inboxes.set(name, inbox)
  }

  close(name: string): void {
    this.#inboxes.delete(name)
    for (const key of this.#keptFor(name)) this.#kept.delete(key)
  }

  /** Hands the text over, or keeps it for a process that is away for the moment. */
  put(name: string, text: string, ttlMs: number): void {
    const inbox = this.#inboxes.get(name)
    if (inbox?.isCrashed) this.close(name)
    else if (inbox?.isReceiving) inbox.take(text)
    else if (inbox) this.#kept.put(`${name}/${++this.#lastNumber}`, text, ttlMs)
  }

  /** Hands over what was kept. */
  collect(name: string): void {
    const inbox = this.#inboxes.get(name)
    for (const key of this.#keptFor(name)) {
      const text = this.#kept.get(key)
      this.#kept.delete(key)
      if (text !== undefined) inbox?.take(text)
    }
  }

  keys(): readonly StoredKey[] {
    return this.#kept.keys()
  }

  wipe(): void {
    const inboxes = [...this.#inboxes.values()]
    this.#inboxes.clear()
    this.#kept.wipe()
    for (const inbox of inboxes) inbox.lose()
  }

  #keptFor(name: string): readonly string[] {
    return this.#kept.names().filter((key) => key.startsWith(`${name}/`))
  }
}
