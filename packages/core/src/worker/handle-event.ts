import type { EventDelivery } from '../contracts/event-transport.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { Surroundings, withinContext } from '../messages/message-context.ts'
import { isPromise } from '../util/is-promise.ts'
import { linkedSignal } from '../util/linked-signal.ts'
import { SignalOnDemand } from '../util/signal-on-demand.ts'
import { HandlerOutbox } from './handler-outbox.ts'
import type { HandleEventParts, Hearing } from './hearing.ts'
import { settled, settleFailure } from './settle-event.ts'
import { PreparedContext } from './handler-context.ts'

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
  const { claimCheck, plugins, validator } = parts
  const event = claimCheck.isKept(delivery.event)
    ? await claimCheck.checkOut(delivery.event, hearing.transport)
    : delivery.event
  const checked = { ...event, parameters: validator.event(event, 'incoming') }
  const about = { listenerName: hearing.listenerName, attempt: delivery.attempt }
  const handle = () =>
    plugins.through('handleEvent', checked, about, (passed) => execute(parts, hearing, delivery, passed))
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
  const time = new SignalOnDemand(() => linkedSignal([hearing.forced, delivery.lost]))
  const { listenerName } = hearing
  const { attempt } = delivery
  const name = eventPath(event)
  const context = new PreparedContext({
    message: { id: event.id, name, version: event.version, headers: event.headers },
    attempt,
    time,
    log: parts.log,
    facts: { event: name, id: event.id, listener: listenerName, attempt },
    scope,
  })
  const outbox = hearing.settings.outbox ? new HandlerOutbox(`${event.id} ${listenerName}`) : undefined
  const around = new Surroundings({ message: event, carries: parts.carriedHeaders, time, outbox })
  try {
    const parameters = parts.validator.castEvent(event)
    const handling = withinContext(around, () => hearing.handler(parameters as never, context))
    if (isPromise(handling)) await handling
    around.leave()
    if (outbox) await outbox.flush()
  } finally {
    around.leave()
    time.release()
    const disposed = scope.dispose()
    if (disposed) await disposed
  }
}
