import type { TransportModule } from '@lightbus/core/transport'
import { holdsOf, withGroups, type EventGroup, type GroupMember, type Hold } from './changed-broker.ts'
import type { Mutant } from './mutant.ts'

/** Groups that lose their position or their members' events, and leases that are reclaimed in a wrong way. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'resets the position on start',
    wrong: 'A group none of whose members is there starts with new events when one comes back.',
    module: resetsPosition(),
    suspects: ['E9', 'E53'],
  },
  {
    name: 'destroys idle groups',
    wrong: 'Whoever makes a group destroys all others that have not been given an event yet.',
    module: destroysIdleGroups(),
    suspects: ['E10'],
  },
  {
    name: 'deletes consumers with what they hold',
    wrong: 'Whoever joins a group deletes its dead members, and with them what they held.',
    module: deletesDeadMembers(),
    suspects: ['E42', 'E45'],
  },
  {
    name: 'reclaims what it holds itself',
    wrong:
      'The only process of a group takes what it holds longer than its lease for abandoned, and gets it again.',
    module: reclaimsItsOwn(),
    suspects: ['E34'],
  },
  {
    name: 'reclaims the first page only',
    wrong: 'What a dead process held is found only among the ten oldest events that are not settled.',
    module: withGroups((group) => missesReclaimed(group, isBeyondFirstPage)),
    suspects: ['E46'],
  },
  {
    name: 'reclaims and never delivers',
    wrong: 'What a dead process held is claimed again and again, and never handed over.',
    module: withGroups((group) => missesReclaimed(group, () => true)),
    suspects: ['E31', 'E35', 'E42', 'E46'],
  },
  {
    name: 'has a gap between polls',
    wrong: 'A reader without a group misses what arrives while it does not wait.',
    module: hasGapBetweenPolls(),
    suspects: ['E11'],
  },
  {
    name: 'loses what it holds on close',
    wrong: 'What is held when a subscription is closed counts as acknowledged.',
    module: losesOnClose(),
    suspects: ['E53', 'E83'],
  },
  {
    name: 'loses the order after a negative acknowledgement',
    wrong: 'What is given back does not hold back the later events of its key.',
    module: losesOrder(),
    suspects: ['E52'],
  },
  {
    name: 'never renews a lease',
    wrong: 'What is held longer than the lease is delivered elsewhere, although its process lives.',
    module: withGroups((group) => {
      group.renew = () => []
    }),
    suspects: ['E32', 'E33', 'E34'],
  },
  {
    name: 'is deaf after an outage',
    wrong: 'A consumer whose connection was lost comes back, and is never given an event again.',
    module: isDeafAfterAnOutage(),
    suspects: ['E61', 'E63'],
  },
]

function resetsPosition(): TransportModule {
  return withGroups((group) => {
    const addMember = group.addMember.bind(group)
    let isNew = true
    group.addMember = (member) => {
      const comesBack = !isNew && group.inspect().consumers.length === 0
      let hold = comesBack ? group.take(member) : undefined
      for (; hold; hold = group.take(member)) group.acknowledge(hold)
      isNew = false
      addMember(member)
    }
  })
}

function destroysIdleGroups(): TransportModule {
  const idle = new Set<EventGroup>()
  return withGroups((group, { events }) => {
    for (const other of idle) events.drop(other)
    idle.add(group)
    const take = group.take.bind(group)
    group.take = (member) => {
      const hold = take(member)
      if (hold) idle.delete(group)
      return hold
    }
  })
}

function deletesDeadMembers(): TransportModule {
  return withGroups((group) => {
    const holds = holdsOf(group)
    const addMember = group.addMember.bind(group)
    group.addMember = (member) => {
      for (const hold of holds) if (!hold.member.isAlive) group.acknowledge(hold)
      addMember(member)
    }
  })
}

function reclaimsItsOwn(): TransportModule {
  return withGroups((group, { timers, clock }) => {
    const take = group.take.bind(group)
    group.take = (member) => {
      const hold = take(member)
      const isAmongItself = (): boolean =>
        group.inspect().consumers.every((processName) => processName === member.processName)
      if (hold) timers.after(clock, member.leaseMs, () => isAmongItself() && group.giveBack(hold, 0))
      return hold
    }
  })
}

/** What was taken from a member that is not alive, and is missed, stays in nobody's hands. */
function missesReclaimed(group: EventGroup, isMissed: (hold: Hold, group: EventGroup) => boolean): void {
  const take = group.take.bind(group)
  const last = new Map<number, Hold>()
  group.take = (member) => {
    for (let hold = take(member); hold; hold = take(member)) {
      const { sequence } = hold.event
      const isReclaimed = last.get(sequence)?.member.isAlive === false
      if (!isReclaimed || !isMissed(hold, group)) {
        last.set(sequence, hold)
        return hold
      }
      hold.event.attempts--
    }
    return undefined
  }
}

function isBeyondFirstPage({ event }: Hold, group: EventGroup): boolean {
  return [...group.unsettled()].filter(({ attempts }) => attempts > 0).indexOf(event) >= 10
}

function hasGapBetweenPolls(): TransportModule {
  return withGroups((group) => {
    if (group.name === group.listener) return
    const add = group.add.bind(group)
    const take = group.take.bind(group)
    let isArriving = false
    group.add = (...event) => {
      isArriving = true
      add(...event)
      isArriving = false
    }
    group.take = (member) => {
      let hold = take(member)
      for (; hold && !isArriving; hold = take(member)) group.acknowledge(hold)
      return hold
    }
  })
}

function losesOnClose(): TransportModule {
  return withGroups((group) => {
    const holds = holdsOf(group)
    const leave = group.leave.bind(group)
    group.leave = (member) => {
      for (const hold of holds) if (hold.member === member) group.acknowledge(hold)
      leave(member)
    }
  })
}

function losesOrder(): TransportModule {
  return withGroups((group, { clock }) => {
    group.giveBack = (hold, delayMs) => {
      const { stored, attempts } = hold.event
      const isHeld = group.acknowledge(hold)
      if (isHeld) group.add({ ...stored, key: undefined }, attempts, clock.now() + delayMs)
      return isHeld
    }
  })
}

function isDeafAfterAnOutage(): TransportModule {
  return withGroups((group, { chaos }) => {
    const addMember = group.addMember.bind(group)
    const take = group.take.bind(group)
    const [cut, refuse] = [chaos.cut.bind(chaos), chaos.refuse.bind(chaos)]
    const members = new Set<GroupMember>()
    const deaf = new Set<GroupMember>()
    const deafen = (): void => members.forEach((member) => deaf.add(member))
    group.addMember = (member) => {
      members.add(member)
      addMember(member)
    }
    group.take = (member) => (deaf.has(member) ? undefined : take(member))
    chaos.cut = () => {
      deafen()
      cut()
    }
    chaos.refuse = () => {
      deafen()
      return refuse()
    }
  })
}
