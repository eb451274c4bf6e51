import type { EventSubscription, EventTransport } from '../contracts/event-transport.ts'
import type { Log } from '../contracts/log.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import type { ClaimCheck } from '../transports/claim-check.ts'
import type { Clock } from '../util/clock.ts'
import type { HandlerContext, MessageScope } from './handler-context.ts'
import type { Inbox } from './inbox.ts'
import type { ListenerSettings } from './listener-settings.ts'

/** The user's function for an event. */
export type EventHandler = (parameters: never, context: HandlerContext) => unknown

export interface HandleEventParts {
  readonly validator: MessageValidator
  readonly log: Log
  readonly clock: Clock
  readonly scope: () => MessageScope
  readonly plugins: PluginChain
  readonly claimCheck: ClaimCheck
  readonly serviceName: string
  /** Names of headers that go from an event to what its handler fires and calls. */
  readonly carriedHeaders: readonly string[]
  /** A failure that is to stop the worker. */
  readonly shutDown: (error: unknown) => void
}

/** What one listener does with what it hears. */
export interface Hearing {
  readonly listenerName: string
  readonly handler: EventHandler
  /** The API whose failure policy counts for what cannot be read. */
  readonly apiName: string
  readonly settings: ListenerSettings
  readonly transport: EventTransport
  readonly subscription: EventSubscription
  /** Told what came of an event before it is settled: while the broker is told, another may begin. */
  readonly note: (outcome: 'handled' | 'failed') => void
  /** Where handled events are remembered, if they are. */
  readonly inbox: Inbox | undefined
  /** Aborts when the worker stops by force. */
  readonly forced: AbortSignal
}
