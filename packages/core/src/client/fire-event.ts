import type { ApiRegistry } from '../api/api-registry.ts'
import type { EventTransport, SendEventOptions } from '../contracts/event-transport.ts'
import { apiNotAuthoritative, apiUnknown, eventUnknown, transportFeatureAbsent } from '../errors/catalogue.ts'
import { createEventMessage, type EventMessage } from '../messages/event-message.ts'
import { toPlain, type Headers, type Parameters } from '../messages/plain-values.ts'
import { messageContext } from '../messages/message-context.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'
import type { ClaimCheck } from '../transports/claim-check.ts'
import type { MessageValidator } from '../schema/message-validator.ts'
import type { TransportSet } from '../transports/transport-set.ts'
import { durationMs, type Duration } from '../util/duration.ts'
import { nearest } from '../util/nearest.ts'

export interface FireOptions {
  readonly headers?: Headers
  /** What the event is about, such as a customer's number; travels with it. */
  readonly key?: string
  /** The event's id, for those who may have to fire the same event again. */
  readonly id?: string
  /** Deliver no earlier than this long from now; needs a transport that can. */
  readonly delay?: Duration
  /** Not to be delivered any more this long after it was fired, whatever the transport's setting says; needs a transport that can. */
  readonly ttl?: Duration
}

export interface FireEventParts {
  readonly apis: ApiRegistry
  readonly validator: MessageValidator
  readonly transports: TransportSet
  readonly plugins: PluginChain
  readonly claimCheck: ClaimCheck
}

/** Build, check, send: the whole way of an event out of this process. Resolves when the broker has it. */
export async function fireEvent(
  parts: FireEventParts,
  address: { readonly apiName: string; readonly eventName: string },
  parameters: object,
  options: FireOptions = {},
): Promise<EventMessage> {
  const { apiName, eventName } = address
  const { carried, outbox } = messageContext()
  const event = createEventMessage({
    apiName,
    eventName,
    parameters: toPlain(parameters) as Parameters,
    version: ownedEvent(parts.apis, apiName, eventName).version,
    headers: { ...carried, ...options.headers },
    key: options.key,
    id: options.id ?? outbox?.nextId(),
  })
  parts.validator.event(event, 'outgoing')
  const transport =
    parts.transports.ready('event', apiName) ?? (await parts.transports.open('event', apiName))
  const sending = sendingOf(transport, options)
  const { claimCheck, plugins } = parts
  const travel = (passed: EventMessage): Promise<void> =>
    claimCheck.isOn
      ? claimCheck.checkIn(passed, transport).then((kept) => transport.send(kept, sending))
      : transport.send(passed, sending)
  const send = (): Promise<void> => plugins.through('fireEvent', event, sending, travel)
  // In a handler with an outbox the event waits for the handler's success.
  if (outbox) outbox.add(send)
  else await send()
  return event
}

function sendingOf({ name, features }: EventTransport, { delay, ttl }: FireOptions): SendEventOptions {
  if (delay !== undefined && !features.delay)
    throw transportFeatureAbsent({ transport: name, feature: 'delay', wanted: 'An event fired with a delay' })
  if (ttl !== undefined && !features.ttl)
    throw transportFeatureAbsent({ transport: name, feature: 'ttl', wanted: 'An event fired with a ttl' })
  return {
    ...(delay === undefined ? {} : { delayMs: durationMs(delay) }),
    ...(ttl === undefined ? {} : { ttlMs: durationMs(ttl) }),
  }
}

// Only a process that serves an API may fire its events: the owner alone says what has happened.
function ownedEvent(apis: ApiRegistry, apiName: string, eventName: string): { readonly version: number } {
  const api = apis.get(apiName)
  if (!api)
    throw apiUnknown({
      api: apiName,
      nearest: nearest(
        apiName,
        apis.all().map(({ name }) => name),
      ),
    })
  const definition = Object.hasOwn(api.events, eventName) ? api.events[eventName] : undefined
  if (!definition)
    throw eventUnknown({
      api: apiName,
      event: eventName,
      nearest: nearest(eventName, Object.keys(api.events)),
    })
  if (!apis.isOwned(apiName)) throw apiNotAuthoritative({ api: apiName, event: eventName })
  return definition
}
