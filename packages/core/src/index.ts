// The door for users: what a service imports.
export { createBus, isBus, type BusOptions } from './bus/create-bus.ts'
export type { GivenPlugin } from './bus/make-plugins.ts'
export type {
  Bus,
  BusVerbs,
  ListenerControl,
  ListenOptions,
  ServeOptions,
  ServerControl,
  StartReport,
} from './bus/bus.ts'
export { tokens } from './bus/tokens.ts'
export { instance, type InstanceSchema } from './api/instance.ts'
export {
  defineApi,
  event,
  procedure,
  type Api,
  type EventDefinition,
  type ProcedureDefinition,
  type Procedures,
} from './api/define-api.ts'
export { classifySchemaChange, type SchemaChange } from './api/schema-changes.ts'
export type { ApiSchema } from './api/api-schema.ts'
export type { CallOptions } from './client/call-rpc.ts'
export type { DiscardLetters, LetterFilter, RedriveLetters } from './client/dead-letter-desk.ts'
export type { BusSchema } from './bus/bus-schema.ts'
export type { DeadLetters } from './bus/dead-letters.ts'
export type { DeadLetter, DeadLetterReason } from './contracts/dead-letters.ts'
export type { FireOptions } from './client/fire-event.ts'
export type { Feature, LogLevel, ServiceOptions, WrittenConfig } from './config/config.ts'
export type {
  ErrorMatcher,
  KillSwitchOptions,
  ListenerOptions,
  OnError,
  RateLimit,
  RetryOptions,
  RetryRule,
} from './config/listener-config.ts'
export type { PayloadStore } from './contracts/stores.ts'
export type { Log } from './contracts/log.ts'
export { BusError, isBusError } from './errors/define-error.ts'
export type { EventMessage } from './messages/event-message.ts'
export type { Duration } from './util/duration.ts'
export { outcomeTtlMs } from './worker/execute-once.ts'
export type { HandlerContext } from './worker/handler-context.ts'
export type {
  Handling,
  Next,
  Plugin,
  PluginContext,
  PluginModule,
  PluginOptions,
  Started,
} from './plugins/plugin.ts'
export type { ListenerLimits } from './worker/listener.ts'
export type { StopReport } from './worker/stop-report.ts'
export type {
  ScheduleOptions,
  TaskContext,
  TaskHandler,
  TaskOptions,
  TimedTaskOptions,
} from './worker/task.ts'
export { publishedApi, type PublishedApi, type PublishedContract } from './api/published-api.ts'
export { classifyForOwners } from './api/schema-changes.ts'
