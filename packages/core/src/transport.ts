// The door for authors of transports: the contracts, the messages, and what helps to keep them.
export type * from './contracts/transport.ts'
export type * from './contracts/event-address.ts'
export type * from './contracts/event-transport.ts'
export type * from './contracts/dead-letters.ts'
export type * from './contracts/rpc-transport.ts'
export type * from './contracts/result-transport.ts'
export type * from './contracts/schema-transport.ts'
export type * from './contracts/stores.ts'
export type * from './contracts/transport-module.ts'
export type { ApiSchema, JsonSchema } from './api/api-schema.ts'
export { classifySchemaChange, type SchemaChange } from './api/schema-changes.ts'
export { createEventMessage, type EventMessage } from './messages/event-message.ts'
export { createCall, type RpcMessage, type UnaddressedCall } from './messages/rpc-message.ts'
export {
  createResult,
  type RemoteError,
  type ResultMessage,
  type ResultOutcome,
} from './messages/result-message.ts'
export type { Headers, Parameters, PlainValue } from './messages/plain-values.ts'
export { BusError, defineError, isBusError, type ErrorDefinition } from './errors/define-error.ts'
export {
  callUndecodable,
  messageTooLarge,
  resultPathLost,
  transportRefused,
  eventUndecodable,
  resultPathForeign,
  resultUndecodable,
  transportClosed,
  transportUnavailable,
} from './errors/catalogue.ts'
export { redriveDeadLetters } from './client/redrive-dead-letters.ts'
export { abortable, sleep } from './util/abortable.ts'
export { backoffMs } from './util/backoff.ts'
export { realClock, type Clock } from './util/clock.ts'
export { inBatches } from './util/in-batches.ts'
export { durationMs, durationSchema, type Duration } from './util/duration.ts'
