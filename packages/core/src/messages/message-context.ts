import { AsyncLocalStorage } from 'node:async_hooks'
import type { Headers } from './plain-values.ts'

/** What surrounds a handler, and so whatever it fires and calls. */
export interface MessageContext {
  /** Headers that go along with everything that is fired and called from here. */
  readonly carried: Headers
  /** Gives up what is called from here, and with what reason. */
  readonly signal?: AbortSignal | undefined
  /** When nobody waits any more for what is called from here: milliseconds since the epoch. */
  readonly deadlineAt?: number | undefined
  /** The room that the handler takes up, which others may have while it only waits. */
  readonly slot?: LendableSlot | undefined
  /** Keeps what is fired from here until the handler has succeeded. */
  readonly outbox?: Outbox | undefined
}

/** The room that a running handler takes up. */
export interface LendableSlot {
  /** Makes the room free; the returned function takes it back, at once and without waiting. */
  lend(): () => void
}

/** Where a handler's events wait for its success. */
export interface Outbox {
  /** The id of the next event that is fired without one: the same one when the same message is handled again. */
  nextId(): string
  add(send: () => Promise<void>): void
}

const nothing: MessageContext = { carried: {} }
const contexts = new AsyncLocalStorage<MessageContext>()

/** Runs an act, and all that it awaits, in a context. */
export function withinContext<T>(context: MessageContext, act: () => T): T {
  return contexts.run(context, act)
}

/** The context of whoever asks: an empty one outside of all handlers. */
export function messageContext(): MessageContext {
  return contexts.getStore() ?? nothing
}

/** Runs an act with further headers for all that it fires and calls. */
export function carrying<T>(headers: Headers, act: () => T): T {
  return contexts.run(new FurtherHeaders(messageContext(), headers), act)
}

class FurtherHeaders implements MessageContext {
  readonly #around: MessageContext
  readonly #headers: Headers

  constructor(around: MessageContext, headers: Headers) {
    this.#around = around
    this.#headers = headers
  }

  get carried(): Headers {
    return { ...this.#around.carried, ...this.#headers }
  }

  get signal(): AbortSignal | undefined {
    return this.#around.signal
  }

  get deadlineAt(): number | undefined {
    return this.#around.deadlineAt
  }

  get slot(): LendableSlot | undefined {
    return this.#around.slot
  }

  get outbox(): Outbox | undefined {
    return this.#around.outbox
  }
}

/** Names the first message of a chain, in every message of it. */
export const correlationHeader = 'correlation-id'
/** Names the message in whose handler this one was fired or called. */
export const causationHeader = 'causation-id'

/** A message in hand, and what surrounds its handler. */
export interface InHand {
  readonly message: { readonly id: string; readonly headers: Headers }
  /** Names of headers that go along. */
  readonly carries: readonly string[]
  /** Where the signal comes from, if anybody wants it. */
  readonly time?: { readonly signal: AbortSignal }
  readonly deadlineAt?: number
  readonly slot?: LendableSlot
  readonly outbox?: Outbox | undefined
}

/** The context of a message in hand. Most handlers send nothing, so what goes along is put together when something is sent. */
export class Surroundings implements MessageContext {
  #inHand: InHand
  #carried: Headers | undefined

  constructor(inHand: InHand) {
    this.#inHand = inHand
  }

  get carried(): Headers {
    return (this.#carried ??= carriedFrom(this.#inHand.message, this.#inHand.carries))
  }

  get signal(): AbortSignal | undefined {
    return this.#inHand.time?.signal
  }

  get deadlineAt(): number | undefined {
    return this.#inHand.deadlineAt
  }

  get slot(): LendableSlot | undefined {
    return this.#inHand.slot
  }

  get outbox(): Outbox | undefined {
    return this.#inHand.outbox
  }

  /** The handler is done. What goes on after it only carries the headers. */
  leave(): void {
    const { message, carries } = this.#inHand
    this.#inHand = { message, carries }
  }
}

/** What goes from a message in hand to those that its handler fires and calls: where they come from, and the named headers. */
function carriedFrom(
  message: { readonly id: string; readonly headers: Headers },
  names: readonly string[],
): Headers {
  const { id, headers } = message
  const carried = names.flatMap((name) =>
    headers[name] === undefined ? [] : [[name, headers[name]] as const],
  )
  return {
    ...Object.fromEntries(carried),
    [correlationHeader]: headers[correlationHeader] ?? id,
    [causationHeader]: id,
  }
}

/** Runs an act that only waits, with the slot of the handler around it lent out, if there is one (R28). */
export function lendingSlot<T>(act: () => Promise<T>): Promise<T> {
  const takeBack = messageContext().slot?.lend()
  return takeBack ? act().finally(takeBack) : act()
}
