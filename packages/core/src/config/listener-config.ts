import type { Duration } from '../util/duration.ts'

/** What happens to an event whose handler failed: again later, given up with a log line, or the process stops. */
export type OnError = 'retry' | 'acknowledge_and_log' | 'shutdown'

/** How events that failed are tried again, as users write it in the file. */
export interface WrittenRetry {
  readonly attempts?: number | undefined
  readonly backoff?: Backoff | undefined
  readonly delay?: Duration | undefined
  readonly max_delay?: Duration | undefined
  readonly jitter?: boolean | undefined
  readonly final?: readonly string[] | undefined
  readonly rules?: readonly WrittenRetryRule[] | undefined
}

/** What is different for some errors. */
export interface WrittenRetryRule extends Omit<WrittenRetry, 'final' | 'rules'> {
  readonly match: readonly string[]
  readonly on_error?: OnError | undefined
}

/** How one listener handles events, by its name. What is said in code is stronger. */
export interface WrittenListenerConfig {
  readonly on_error?: OnError | undefined
  readonly retry?: WrittenRetry | undefined
  readonly concurrency?: number | undefined
  readonly prefetch?: number | undefined
  readonly rate_limit?: RateLimit | undefined
  readonly kill_switch?: WrittenKillSwitch | undefined
  readonly idempotent?: boolean | Duration | undefined
  readonly outbox?: boolean | undefined
}

export interface WrittenKillSwitch {
  readonly failure_rate: number
  readonly of: number
  readonly pause: Duration
}

/** The pause before an event is tried again: always the same, or twice as long each time. */
export type Backoff = 'fixed' | 'exponential'

/** At most so many events in so long a time, for each process. */
export interface RateLimit {
  readonly events: number
  readonly per: Duration
}

/** A class of errors, or the name of one, or a code. */
export type ErrorMatcher = string | (abstract new (...args: never[]) => object)

/** How events that failed are tried again. What is left out is as the configuration says. */
export interface RetryOptions {
  /** How often an event is handled before it is given up and kept as a dead letter: 5. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /** The pause before the second attempt: 250 ms. */
  readonly delay?: Duration
  /** The longest pause: 30 s. */
  readonly maxDelay?: Duration
  /** Whether pauses are shortened at random, by up to a half, so that not everybody comes back at once. */
  readonly jitter?: boolean
  /** Errors after which an event is given up at once. */
  readonly final?: readonly ErrorMatcher[]
  /** What is different for some errors; the first that matches counts. */
  readonly rules?: readonly RetryRule[]
}

/** What is different for some errors. */
export interface RetryRule extends Omit<RetryOptions, 'final' | 'rules'> {
  readonly match: readonly ErrorMatcher[]
  readonly onError?: OnError
}

/** When a listener that fails too often pauses itself. */
export interface KillSwitchOptions {
  /** The share of failures, from 0 to 1, at which it pauses. */
  readonly failureRate: number
  /** Of how many events handled last. */
  readonly of: number
  /** For how long, until it tries one event. */
  readonly pause: Duration
}

/** How a listener handles events, as code says it. What is left out is as the configuration says. */
export interface ListenerOptions {
  /** What is done when the handler fails: the API's `on_error` unless given. */
  readonly onError?: OnError
  /** How often and when an event that failed is tried again: the API's `retry` where it says nothing. */
  readonly retry?: RetryOptions
  /** How many events it handles at a time in this process; 1, and so in order, unless given. */
  readonly concurrency?: number
  /** How many events this process may hold, those that wait for a free handler included: as many as it handles at a time unless given. */
  readonly prefetch?: number
  /** At most so many events in so long a time in this process. */
  readonly rateLimit?: RateLimit
  /** Pauses the listener when too many events fail. */
  readonly killSwitch?: KillSwitchOptions
  /** Handles an event with an id that it has handled before no second time: for a day, or as long as given. Needs a transport that can. */
  readonly idempotent?: boolean | Duration
  /** Sends what the handler fires only when it has succeeded, before the event is acknowledged. */
  readonly outbox?: boolean
}
