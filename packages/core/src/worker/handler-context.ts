import type { Log } from '../contracts/log.ts'
import type { Headers } from '../messages/plain-values.ts'

/** What a handler is told beside the parameters. */
export interface HandlerContext {
  readonly message: {
    readonly id: string
    /** `api.event` or `api.procedure`. */
    readonly name: string
    readonly version: number
    readonly headers: Headers
  }
  /** 1 the first time the message is handed over. */
  readonly attempt: number
  /** Aborts on the deadline, the caller's abort, a lost lease, and a forced stop. */
  readonly signal: AbortSignal
  /** When the caller gives up; events have no deadline. */
  readonly deadline: Date | undefined
  /** Writes with the message's name and id. */
  readonly log: Log
  /** Resolves a dependency from the container of this message. */
  resolve<T>(token: Token<T>): T
}

/** What names a dependency in the container: a class, a text or a symbol. */
export type Token<T> = string | symbol | (new (...args: never[]) => T)

/** The container of one message; emptied when the message is done with. */
export interface MessageScope {
  resolve<T>(token: Token<T>): T
  /** Undefined when there is nothing to wait for, since nothing was asked of it. */
  dispose(): Promise<void> | undefined
}

/** What the context of a handler is made of. */
export interface ContextParts {
  readonly message: HandlerContext['message']
  readonly attempt: number
  /** Where the signal comes from, if anybody wants it. */
  readonly time: { readonly signal: AbortSignal }
  readonly deadlineAt?: number
  /** The bus' log, and what it is to say with every line. */
  readonly log: Log
  readonly facts: object
  readonly scope: MessageScope
}

/** The context of one handler. Parts that most handlers never look at are made when they are asked for. */
export class PreparedContext implements HandlerContext {
  readonly message: HandlerContext['message']
  readonly attempt: number
  readonly #parts: ContextParts
  #log: Log | undefined

  constructor(parts: ContextParts) {
    this.message = parts.message
    this.attempt = parts.attempt
    this.#parts = parts
  }

  get signal(): AbortSignal {
    return this.#parts.time.signal
  }

  get deadline(): Date | undefined {
    const { deadlineAt } = this.#parts
    return deadlineAt === undefined ? undefined : new Date(deadlineAt)
  }

  get log(): Log {
    return (this.#log ??= logWith(this.#parts.log, this.#parts.facts))
  }

  readonly resolve = <T>(token: Token<T>): T => this.#parts.scope.resolve(token)
}

/** A log that adds facts to all it writes. */
export function logWith(log: Log, facts: object): Log {
  return {
    debug: (more, message) => log.debug({ ...facts, ...more }, message),
    info: (more, message) => log.info({ ...facts, ...more }, message),
    warn: (more, message) => log.warn({ ...facts, ...more }, message),
    error: (more, message) => log.error({ ...facts, ...more }, message),
  }
}
