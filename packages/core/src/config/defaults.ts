import type { Backoff, OnError } from './listener-config.ts'
import type { Feature, LogLevel, OnBreakingChange, OnConflict } from './config.ts'

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical']
export const features: readonly Feature[] = ['rpcs', 'events', 'tasks']
export const onErrors: readonly OnError[] = ['retry', 'acknowledge_and_log', 'shutdown']
export const onConflicts: readonly OnConflict[] = ['warn', 'error', 'newest']
export const onBreakingChanges: readonly OnBreakingChange[] = ['warn', 'error', 'ignore']
export const backoffs: readonly Backoff[] = ['exponential', 'fixed']

/** Every default of the configuration, as a user would write it: durations in seconds, names with placeholders. */
export const defaults = {
  serviceName: '{friendly}',
  processName: '{random4}',
  logLevel: 'info',
  features,
  shutdownTimeout: 10,
  startTimeout: null,
  schemaTtl: 60,
  onConflict: 'warn',
  onBreakingChange: 'warn',
  rpcTimeout: 5,
  validateOutgoing: true,
  validateIncoming: true,
  strictValidation: false,
  castValues: true,
  onError: 'retry',
  attempts: 5,
  backoff: 'exponential',
  retryDelay: '250ms',
  retryMaxDelay: '30s',
  retryJitter: true,
  concurrency: 1,
  inboxTtl: '1d',
  carriedHeaders: ['traceparent', 'tracestate', 'baggage'],
  claimCheckTtl: '1d',
  pluginEnabled: false,
  /** What a file means that chooses no transport, as in Lightbus. */
  transport: 'redis',
  /** What a process uses that was not told about a broker. */
  transportWithoutBroker: 'memory',
} as const
