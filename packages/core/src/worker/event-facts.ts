import type { EventDelivery } from '../contracts/event-transport.ts'
import { eventPath } from '../messages/event-message.ts'

/** What every line about an event in the hands of a listener says. What cannot be read has no name and no id. */
export function eventFacts(listenerName: string, { event, attempt, nativeId }: EventDelivery) {
  const facts = { listener: listenerName, attempt, nativeId }
  return event ? { event: eventPath(event), id: event.id, ...facts } : facts
}
