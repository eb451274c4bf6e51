import type {
  ListenerOptions,
  RetryOptions,
  RetryRule,
  WrittenListenerConfig,
  WrittenRetry,
  WrittenRetryRule,
} from './listener-config.ts'

/** What the file says of a listener, in the words of code. */
export function resolveListener(written: WrittenListenerConfig): ListenerOptions {
  const { on_error, retry, rate_limit, kill_switch, ...same } = written
  return given({
    ...same,
    onError: on_error,
    retry: retry && resolveRetry(retry),
    rateLimit: rate_limit,
    killSwitch: kill_switch && {
      failureRate: kill_switch.failure_rate,
      of: kill_switch.of,
      pause: kill_switch.pause,
    },
  })
}

/** What the file says of trying again, in the words of code. */
export function resolveRetry({ max_delay, rules, ...same }: WrittenRetry): RetryOptions {
  return given({ ...same, maxDelay: max_delay, rules: rules?.map(resolveRule) })
}

function resolveRule({ on_error, max_delay, ...same }: WrittenRetryRule): RetryRule {
  return given({ ...same, onError: on_error, maxDelay: max_delay })
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>
}
