import type { ApiConfig } from '../config/config.ts'
import { defaults } from '../config/defaults.ts'
import type {
  KillSwitchOptions,
  ListenerOptions,
  RetryOptions,
  RetryRule,
} from '../config/listener-config.ts'
import { durationMs } from '../util/duration.ts'
import type { FailurePolicy, FailureRule } from './failure-policy.ts'

/** How a listener handles events: complete. */
export interface ListenerSettings {
  readonly concurrency: number
  readonly prefetch: number
  readonly rateLimit: { readonly events: number; readonly perMs: number } | undefined
  readonly killSwitch: (Omit<KillSwitchOptions, 'pause'> & { readonly pauseMs: number }) | undefined
  /** For how long the ids of handled events are kept, if they are. */
  readonly inboxTtlMs: number | undefined
  readonly outbox: boolean
  /** What is done with events of an API that could not be handled. */
  readonly policy: (apiName: string) => FailurePolicy
}

/** What the configuration says of listeners and APIs. */
export interface ConfiguredHandling {
  readonly listener: (listenerName: string) => ListenerOptions | undefined
  readonly api: (apiName: string) => Pick<ApiConfig, 'onError' | 'retry'>
}

/** Puts together what is said of a listener: code is stronger than the file, and the listener than its APIs. */
export function listenerSettings(
  listenerName: string,
  inCode: ListenerOptions,
  configured: ConfiguredHandling,
): ListenerSettings {
  const inFile = configured.listener(listenerName) ?? {}
  const { concurrency = defaults.concurrency, ...options } = { ...inFile, ...inCode }
  const { prefetch = concurrency, rateLimit, killSwitch, idempotent, outbox = false } = options
  const retry = { ...inFile.retry, ...inCode.retry }
  return {
    concurrency,
    prefetch,
    outbox,
    rateLimit: rateLimit && { events: rateLimit.events, perMs: durationMs(rateLimit.per) },
    killSwitch: killSwitch && { ...killSwitch, pauseMs: durationMs(killSwitch.pause) },
    inboxTtlMs: inboxTtlMs(idempotent),
    policy: (apiName) => {
      const api = configured.api(apiName)
      return failurePolicy({ onError: options.onError ?? api.onError, ...api.retry, ...retry })
    },
  }
}

function inboxTtlMs(idempotent: ListenerOptions['idempotent'] = false): number | undefined {
  if (idempotent === false) return undefined
  return durationMs(idempotent === true ? defaults.inboxTtl : idempotent)
}

/** A policy in the units that code reckons with. */
export function failurePolicy({
  final = [],
  rules = [],
  ...rule
}: RetryOptions & Pick<FailureRule, 'onError'>): FailurePolicy {
  return {
    onError: defaults.onError,
    attempts: defaults.attempts,
    backoff: defaults.backoff,
    delayMs: durationMs(defaults.retryDelay),
    maxDelayMs: durationMs(defaults.retryMaxDelay),
    jitter: defaults.retryJitter,
    ...inMs(rule),
    final,
    rules: rules.map(({ match, ...different }) => ({ match, ...inMs(different) })),
  }
}

function inMs({ delay, maxDelay, ...rule }: Omit<RetryRule, 'match'>): Partial<FailureRule> {
  return {
    ...rule,
    ...(delay === undefined ? {} : { delayMs: durationMs(delay) }),
    ...(maxDelay === undefined ? {} : { maxDelayMs: durationMs(maxDelay) }),
  }
}
