import type { Feature, LogLevel, OnConflict, OnError } from './config.ts'

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'critical']
export const features: readonly Feature[] = ['rpcs', 'events', 'tasks']
export const onErrors: readonly OnError[] = ['retry', 'acknowledge_and_log', 'shutdown']
export const onConflicts: readonly OnConflict[] = ['warn', 'error', 'newest']

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
  rpcTimeout: 5,
  validateOutgoing: true,
  validateIncoming: true,
  strictValidation: false,
  onError: 'retry',
  pluginEnabled: false,
  /** What a file means that chooses no transport, as in Lightbus. */
  transport: 'redis',
  /** What a process uses that was not told about a broker. */
  transportWithoutBroker: 'memory',
} as const
