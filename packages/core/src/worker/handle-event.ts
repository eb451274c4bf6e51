import type { EventDelivery } from '../contracts/event-transport.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { carriedFrom, withinContext, type MessageContext } from '../messages/message-context.ts'
import { linkedSignal } from '../util/linked-signal.ts'
import { HandlerOutbox } from './handler-outbox.ts'
import type { HandleEventParts, Hearing } from './hearing.ts'
import { settled, settleFailure } from './settle-event.ts'
import { logWith, type HandlerContext, type MessageScope } from './handler-context.ts'

/** Check, handle, settle: the whole way of a delivery. Never rejects: whatever goes wrong becomes of the event what the policy says. */
export async function handleEvent(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
): Promise<void> {
  const { receipt } = delivery
  let came: Came
  try {
    came = await runHandler(parts, hearing, delivery)
  } catch (error) {
    if (hearing.forced.aborted) return
    hearing.note('failed')
    return settleFailure(parts, hearing, delivery, error)
  }
  if (hearing.forced.aborted) return
  hearing.note('handled')
  await settled(parts, hearing, delivery, () =>
    came === 'elsewhere'
      ? hearing.subscription.giveBack(receipt, { delayMs: otherCopyMs })
      : hearing.subscription.acknowledge(receipt),
  )
}

/** Whether it was handled, had been before, or another copy of it is in hand. */
type Came = 'handled' | 'known' | 'elsewhere'

/** How long an event waits while another copy of it is in hand, in milliseconds. */
const otherCopyMs = 1_000

async function runHandler(parts: HandleEventParts, hearing: Hearing, delivery: EventDelivery): Promise<Came> {
  if (!delivery.event) throw delivery.undecodable
  const event = await parts.claimCheck.checkOut(delivery.event, hearing.transport)
  const checked = { ...event, parameters: parts.validator.event(event, 'incoming') }
  const about = { listenerName: hearing.listenerName, attempt: delivery.attempt }
  const handle = () =>
    parts.plugins.through('handleEvent', checked, about, (passed) =>
      execute(parts, hearing, delivery, passed),
    )
  if (hearing.inbox) return hearing.inbox.once(event, handle)
  await handle()
  return 'handled'
}

async function execute(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
  event: EventMessage,
): Promise<void> {
  const scope = parts.scope()
  const { signal, release } = linkedSignal([hearing.forced, delivery.lost])
  const context = contextOf(parts, hearing, { attempt: delivery.attempt, signal }, event, scope)
  const outbox = hearing.settings.outbox
    ? new HandlerOutbox(`${event.id} ${hearing.listenerName}`)
    : undefined
  const surroundings: MessageContext = {
    carried: carriedFrom(event, parts.carriedHeaders),
    signal,
    ...(outbox ? { outbox } : {}),
  }
  try {
    const parameters = parts.validator.castEvent(event)
    await withinContext(surroundings, async () => hearing.handler(parameters as never, context))
    await outbox?.flush()
  } finally {
    release()
    await scope.dispose()
  }
}

function contextOf(
  parts: HandleEventParts,
  { listenerName }: Hearing,
  { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
  event: EventMessage,
  scope: MessageScope,
): HandlerContext {
  const name = eventPath(event)
  return {
    message: { id: event.id, name, version: event.version, headers: event.headers },
    attempt,
    signal,
    deadline: undefined,
    log: logWith(parts.log, { event: name, id: event.id, listener: listenerName, attempt }),
    resolve: (token) => scope.resolve(token),
  }
}
