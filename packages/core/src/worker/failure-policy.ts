import type { Backoff, ErrorMatcher, OnError } from '../config/listener-config.ts'
import type { DeadLetterReason } from '../contracts/dead-letters.ts'
import { isBusError } from '../errors/define-error.ts'
import { backoffMs } from '../util/backoff.ts'

/** What is done with events that could not be handled. */
export interface FailurePolicy extends FailureRule {
  readonly final: readonly ErrorMatcher[]
  /** What is different for some errors; the first that matches counts. */
  readonly rules: readonly (Partial<FailureRule> & { readonly match: readonly ErrorMatcher[] })[]
}

export interface FailureRule {
  readonly onError: OnError
  readonly attempts: number
  readonly backoff: Backoff
  readonly delayMs: number
  readonly maxDelayMs: number
  readonly jitter: boolean
}

/** What becomes of an event that could not be handled. */
export type Verdict =
  | { readonly type: 'again'; readonly delayMs: number }
  | { readonly type: 'dead-letter'; readonly reason: DeadLetterReason }
  | { readonly type: 'acknowledge' }
  | { readonly type: 'shutdown' }

/** Decides; the transport executes. An event that can never be handled is given up at its first attempt. */
export function judge(error: unknown, attempt: number, policy: FailurePolicy): Verdict {
  const special = policy.rules.find(({ match }) => match.some((matcher) => matches(error, matcher)))
  const rule: FailureRule = { ...policy, ...special }
  if (rule.onError === 'shutdown') return { type: 'shutdown' }
  if (rule.onError === 'acknowledge_and_log') return { type: 'acknowledge' }
  if (isFinal(error, policy) || attempt >= rule.attempts)
    return { type: 'dead-letter', reason: deadLetterReason(error, attempt) }
  return { type: 'again', delayMs: pauseMs(attempt, rule) }
}

const hopelessCodes = ['BUS_EVENT_INVALID', 'BUS_EVENT_UNKNOWN', 'BUS_EVENT_UNDECODABLE', 'BUS_PAYLOAD_LOST']

// What does not fit its schema now will not fit it later.
function isFinal(error: unknown, { final }: FailurePolicy): boolean {
  const isHopeless = isBusError(error) && hopelessCodes.includes(error.code)
  return isHopeless || final.some((matcher) => matches(error, matcher))
}

function matches(error: unknown, matcher: ErrorMatcher): boolean {
  if (typeof matcher !== 'string') return error instanceof matcher
  if (!(error instanceof Error)) return false
  return error.name === matcher || ('code' in error && error.code === matcher) || isA(error, matcher)
}

// By the names of its classes, since a file cannot hold the classes themselves.
function isA(error: Error, className: string): boolean {
  for (
    let kind = Object.getPrototypeOf(error) as object | null;
    kind;
    kind = Object.getPrototypeOf(kind) as object | null
  )
    if (kind.constructor.name === className) return true
  return false
}

function pauseMs(attempt: number, { backoff, delayMs, maxDelayMs, jitter }: FailureRule): number {
  if (jitter) return backoffMs(backoff === 'fixed' ? 1 : attempt, { baseMs: delayMs, maxMs: maxDelayMs })
  return Math.min(maxDelayMs, backoff === 'fixed' ? delayMs : delayMs * 2 ** Math.min(attempt - 1, 30))
}

const longestStack = 8_192

/** Why an event is given up, as it is kept with it. */
export function deadLetterReason(error: unknown, attempts: number): DeadLetterReason {
  if (!(error instanceof Error)) return { code: 'THROWN', message: String(error), attempts }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const stack = error.stack === undefined ? {} : { stack: error.stack.slice(0, longestStack) }
  return { code, message: error.message, attempts, ...stack }
}
