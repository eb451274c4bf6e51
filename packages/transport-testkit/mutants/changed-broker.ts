import type { TransportModule } from '@lightbus/core/transport'
import type { MemoryBroker } from '@lightbus/transport-memory'
import { withAll } from './changed-transports.ts'

export type EventGroup = ReturnType<MemoryBroker['events']['join']>
export type GroupMember = Parameters<EventGroup['take']>[0]
export type Hold = NonNullable<ReturnType<EventGroup['take']>>

/** A broker that is changed as soon as the first transport is open on it. */
export function withBroker(change: (broker: MemoryBroker) => void): TransportModule {
  const known = new WeakSet<MemoryBroker>()
  return withAll((transport, { broker }) => ({
    async open() {
      await transport.open()
      const opened = broker()
      if (!known.has(opened)) change(opened)
      known.add(opened)
    },
  }))
}

/** Groups that are changed when their first member has not joined yet. */
export function withGroups(change: (group: EventGroup, broker: MemoryBroker) => void): TransportModule {
  return withBroker((broker) => {
    const { events } = broker
    const join = events.join.bind(events)
    const known = new WeakSet<EventGroup>()
    events.join = (names, hearing, since) => {
      const group = join(names, hearing, since)
      if (!known.has(group)) change(group, broker)
      known.add(group)
      return group
    }
  })
}

/** All that members of the group have taken from now on, whether they still hold it or not. */
export function holdsOf(group: EventGroup): ReadonlySet<Hold> {
  const holds = new Set<Hold>()
  const take = group.take.bind(group)
  group.take = (member) => {
    const hold = take(member)
    if (hold) holds.add(hold)
    return hold
  }
  return holds
}
