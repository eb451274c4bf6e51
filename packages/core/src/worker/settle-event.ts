import type { EventDelivery } from '../contracts/event-transport.ts'
import { isBusError } from '../errors/define-error.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import { eventFacts } from './event-facts.ts'
import { judge } from './failure-policy.ts'
import type { HandleEventParts, Hearing } from './hearing.ts'

/** Does with an event that could not be handled what the policy says. */
export async function settleFailure(
  parts: HandleEventParts,
  hearing: Hearing,
  delivery: EventDelivery,
  error: unknown,
): Promise<void> {
  const { subscription, listenerName, settings, apiName } = hearing
  const { receipt, attempt, event } = delivery
  const verdict = judge(error, attempt, settings.policy(event?.apiName ?? apiName))
  const facts = {
    err: error,
    ...eventFacts(listenerName, delivery),
    // The names of the headers only: their values belong to the service.
    ...(event && { headers: Object.keys(event.headers) }),
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

/**
 * Tells the broker, again where its connection was lost and may be back in a moment. When it cannot be told at all, the event stays unsettled
 * there and will be delivered again: at least once.
 */
export async function settled(
  { log, clock }: HandleEventParts,
  { listenerName, forced }: Hearing,
  delivery: EventDelivery,
  settle: () => Promise<'settled' | 'lost'>,
): Promise<void> {
  const facts = () => eventFacts(listenerName, delivery)
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await settle()) === 'lost')
        log.warn(facts(), 'The event had been given to another process meanwhile')
      return
    } catch (error) {
      if (attempt === settleAttempts || forced.aborted || !isBusError(error) || !error.retriable) {
        log.warn({ err: error, ...facts() }, 'The event could not be settled; it will be delivered again')
        return
      }
    }
    await sleep(clock, backoffMs(attempt, patience), forced).catch(() => undefined)
  }
}

const settleAttempts = 6
const patience = { baseMs: 50, maxMs: 1_000 }
