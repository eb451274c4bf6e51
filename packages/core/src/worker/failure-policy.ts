import type { OnError } from '../config/config.ts'
import type { DeadLetterReason } from '../contracts/dead-letters.ts'
import { isBusError } from '../errors/define-error.ts'
import { backoffMs } from '../util/backoff.ts'

/** What becomes of an event that could not be handled. */
export type Verdict =
  | { readonly type: 'again'; readonly delayMs: number }
  | { readonly type: 'dead-letter'; readonly reason: DeadLetterReason }
  | { readonly type: 'acknowledge' }
  | { readonly type: 'shutdown' }

/** Attempts before an event is given up, and the pause between them. */
export const retryLimits = { attempts: 5, baseMs: 250, maxMs: 30_000 } as const

/** Decides; the transport executes. An event that can never be handled is given up at its first attempt. */
export function judge(error: unknown, attempt: number, onError: OnError): Verdict {
  if (onError === 'shutdown') return { type: 'shutdown' }
  if (onError === 'acknowledge_and_log') return { type: 'acknowledge' }
  if (isFinal(error) || attempt >= retryLimits.attempts)
    return { type: 'dead-letter', reason: deadLetterReason(error, attempt) }
  return { type: 'again', delayMs: backoffMs(attempt, retryLimits) }
}

const finalCodes = ['BUS_EVENT_INVALID', 'BUS_EVENT_UNKNOWN', 'BUS_EVENT_UNDECODABLE']

// What does not fit its schema now will not fit it later.
function isFinal(error: unknown): boolean {
  return isBusError(error) && finalCodes.includes(error.code)
}

const longestStack = 8_192

/** Why an event is given up, as it is kept with it. */
export function deadLetterReason(error: unknown, attempts: number): DeadLetterReason {
  if (!(error instanceof Error)) return { code: 'THROWN', message: String(error), attempts }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const stack = error.stack === undefined ? {} : { stack: error.stack.slice(0, longestStack) }
  return { code, message: error.message, attempts, ...stack }
}
