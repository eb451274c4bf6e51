import type { EventDelivery, EventSubscription } from '../contracts/event-transport.ts'
import type { Log } from '../contracts/log.ts'
import { isBusError } from '../errors/define-error.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { carriedFrom, withinContext, type MessageContext } from '../messages/message-context.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { judge } from './failure-policy.ts'
import type { ListenerSettings } from './listener-settings.ts'
import { logWith, type HandlerContext, type MessageScope } from './handler-context.ts'

/** The user's function for an event. */
export type EventHandler = (parameters: never, context: HandlerContext) => unknown

export interface HandleEventParts {
  readonly validator: MessageValidator
  readonly log: Log
  readonly clock: Clock
  readonly scope: () => MessageScope
  readonly plugins: PluginChain
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
  readonly subscription: EventSubscription
  /** Told what came of an event before it is settled. */
  readonly note: (outcome: 'handled' | 'failed') => void
  /** Aborts when the worker stops by force. */
  readonly forced: AbortSignal
}

/** Check, handle, settle: the whole way of a delivery. Never rejects: whatever goes wrong becomes of the event what the policy says. */
export async function handleEvent(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
): Promise<void> {
  const { receipt } = delivery
  try {
    await runHandler(parts, hearing, delivery)
  } catch (error) {
    if (hearing.forced.aborted) return
    hearing.note('failed')
    return settleFailure(parts, hearing, delivery, error)
  }
  if (hearing.forced.aborted) return
  hearing.note('handled')
  await settled(parts, hearing, delivery, () => hearing.subscription.acknowledge(receipt))
}

async function runHandler(parts: HandleEventParts, hearing: Hearing, delivery: EventDelivery): Promise<void> {
  const { event } = delivery
  if (!event) throw delivery.undecodable
  const parameters = parts.validator.event(event, 'incoming')
  const about = { listenerName: hearing.listenerName, attempt: delivery.attempt }
  const checked = { ...event, parameters }
  await parts.plugins.through('handleEvent', checked, about, (passed) =>
    execute(parts, hearing, delivery, passed),
  )
}

async function execute(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
  event: EventMessage,
): Promise<void> {
  const scope = parts.scope()
  const context = contextOf(parts, hearing, delivery, event, scope)
  const surroundings: MessageContext = {
    carried: carriedFrom(event, parts.carriedHeaders),
    signal: context.signal,
  }
  try {
    await withinContext(surroundings, async () => hearing.handler(event.parameters as never, context))
  } finally {
    await scope.dispose()
  }
}

function contextOf(
  parts: HandleEventParts,
  { forced, listenerName }: Hearing,
  { attempt, lost }: EventDelivery,
  event: EventMessage,
  scope: MessageScope,
): HandlerContext {
  const name = eventPath(event)
  return {
    message: { id: event.id, name, version: event.version, headers: event.headers },
    attempt,
    signal: lost ? AbortSignal.any([forced, lost]) : forced,
    deadline: undefined,
    log: logWith(parts.log, { event: name, id: event.id, listener: listenerName }),
    resolve: (token) => scope.resolve(token),
  }
}

async function settleFailure(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
  error: unknown,
): Promise<void> {
  const { subscription, listenerName, settings, apiName } = hearing
  const { receipt, attempt, nativeId, event } = delivery
  const verdict = judge(error, attempt, settings.policy(event?.apiName ?? apiName))
  const facts = {
    err: error,
    listener: listenerName,
    attempt,
    nativeId,
    // The names of the headers only: their values belong to the service.
    ...(event && { event: eventPath(event), id: event.id, headers: Object.keys(event.headers) }),
  }
  parts.log.error(facts, `Listener "${listenerName}" failed: ${sentences[verdict.type]}`)
  // Left as it is: it goes to another process when this one has closed.
  if (verdict.type === 'shutdown') return parts.shutDown(error)
  await settled(parts, hearing, delivery, () => {
    if (verdict.type === 'acknowledge') return subscription.acknowledge(receipt)
    if (verdict.type === 'dead-letter') return subscription.deadLetter(receipt, verdict.reason)
    return subscription.giveBack(receipt, { delayMs: verdict.delayMs })
  })
}

const sentences = {
  again: 'the event will be handled again',
  'dead-letter': 'the event was given up and kept as a dead letter',
  acknowledge: 'the event is dropped',
  shutdown: 'the worker stops',
} as const

// A connection that was lost may be back in a moment. When the broker cannot be told at all, the event stays unsettled there and will
// be delivered again: at least once.
async function settled(
  { log, clock }: HandleEventParts,
  { listenerName, forced }: Hearing,
  { nativeId }: EventDelivery,
  settle: () => Promise<'settled' | 'lost'>,
): Promise<void> {
  const facts = { listener: listenerName, nativeId }
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await settle()) === 'lost')
        log.warn(facts, 'The event had been given to another process meanwhile')
      return
    } catch (error) {
      if (attempt === settleAttempts || forced.aborted || !isBusError(error) || !error.retriable) {
        log.warn({ err: error, ...facts }, 'The event could not be settled; it will be delivered again')
        return
      }
    }
    await sleep(clock, backoffMs(attempt, patience), forced).catch(() => undefined)
  }
}

const settleAttempts = 6
const patience = { baseMs: 50, maxMs: 1_000 }
