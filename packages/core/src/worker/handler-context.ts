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
  dispose(): Promise<void>
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
