import {
  isBusError,
  type EventDelivery,
  type Headers,
  type Receipt,
  type Settled,
  type TransportModule,
} from '@lightbus/core/transport'
import { changed, mapped } from './changed.ts'
import { withDeliveries, withEventOptions, withEvents, withSubscriptions } from './changed-transports.ts'
import type { Mutant } from './mutant.ts'

/** Events that are sent, handed over, settled or kept in a wrong way. */
export const deliveryMutants: readonly Mutant[] = [
  {
    name: 'acknowledges before handling',
    wrong: 'An event is settled for good when it is handed over, whatever its handler says later.',
    module: acknowledgesBeforeHandling(),
    suspects: ['E21', 'E31', 'E42', 'E53'],
  },
  {
    name: 'acknowledges on error',
    wrong: 'What is given back is acknowledged.',
    module: withSubscriptions((subscription) => ({
      giveBack: (receipt) => subscription.acknowledge(receipt),
    })),
    suspects: ['E21', 'E22', 'E24', 'E25'],
  },
  {
    name: 'ignores negative acknowledgements',
    wrong: 'What is given back stays where it is, and counts as settled all the same.',
    module: withSubscriptions(() => ({ giveBack: settled })),
    suspects: ['E21', 'E22', 'E24', 'E25'],
  },
  {
    name: 'takes the delay of a retry from the claim time',
    wrong: 'A delayed retry is due so long after the event was handed over, not after it was given back.',
    module: takesDelayFromClaim(),
    suspects: ['E22'],
  },
  {
    name: 'counts every attempt as the first',
    wrong: 'The attempt of a delivery is always 1.',
    module: withDeliveries((delivery) => ({ ...delivery, attempt: 1 })),
    suspects: ['E22', 'E24', 'E28'],
  },
  {
    name: 'shares headers between deliveries',
    wrong: 'All deliveries of an event have the same headers by reference.',
    module: sharesHeaders(),
    suspects: ['E25'],
  },
  {
    name: 'ends the loop at a poison entry',
    wrong: 'An entry that cannot be read ends the deliveries with an error.',
    module: withDeliveries((delivery) => {
      if (delivery.undecodable) throw delivery.undecodable
      return delivery
    }),
    suspects: ['E27'],
  },
  {
    name: 'hands every event over twice',
    wrong: 'A consumer gets each delivery twice, as if it were connected twice.',
    module: handsOverTwice(),
    suspects: ['E1', 'E3', 'E4', 'E20'],
  },
  {
    name: 'waits for a poll tick',
    wrong: 'A consumer that waits hears of an event only at the next of its polls, ten seconds apart.',
    module: waitsForPollTick(),
    suspects: ['E7'],
  },
  {
    name: 'fetches more than the prefetch',
    wrong: 'It always fetches ten, however few a listener wants to hold.',
    module: withEvents((events) => ({
      subscribe: (request) => events.subscribe({ ...request, prefetch: () => 10 }),
    })),
    suspects: ['E80', 'E81'],
  },
  {
    name: 'gives up without a trace',
    wrong: 'What is given up is acknowledged, and no dead letter is kept.',
    module: withSubscriptions((subscription) => ({
      deadLetter: (receipt) => subscription.acknowledge(receipt),
    })),
    suspects: ['E27', 'E28', 'E30'],
  },
  {
    name: 'redrives to everybody',
    wrong: 'A redriven dead letter is sent anew, so that all groups hear it.',
    module: redrivesToEverybody(),
    suspects: ['E30'],
  },
  {
    name: 'sends into the void',
    wrong: 'An event that cannot be sent because the broker is away counts as sent.',
    module: sendsIntoTheVoid(),
    suspects: ['E61', 'E63', 'E65'],
  },
  {
    name: 'trims what is unread',
    wrong: 'Retention is lossy, although it was to be safe.',
    module: withEventOptions({ retention: 'lossy' }),
    suspects: ['E70'],
  },
  {
    name: 'keeps what has expired',
    wrong: 'The time to live of events is ignored.',
    module: keepsWhatHasExpired(),
    suspects: ['E76', 'E91'],
  },
  {
    name: 'reads one page of history',
    wrong: 'History ends after 10,000 events.',
    module: readsOnePageOfHistory(),
    suspects: ['E73'],
  },
]

async function settled(): Promise<Settled> {
  return 'settled'
}

function acknowledgesBeforeHandling(): TransportModule {
  return withSubscriptions((subscription) => ({
    deliveries: (signal) =>
      mapped(subscription.deliveries(signal), async (delivery) => {
        await subscription.acknowledge(delivery.receipt)
        return delivery
      }),
    acknowledge: settled,
    giveBack: settled,
    deadLetter: settled,
  }))
}

function takesDelayFromClaim(): TransportModule {
  return withSubscriptions((subscription, { context: { clock } }) => {
    const takenAt = new WeakMap<Receipt, number>()
    return {
      deliveries: (signal) =>
        mapped(subscription.deliveries(signal), (delivery) => {
          takenAt.set(delivery.receipt, clock.now())
          return delivery
        }),
      giveBack(receipt, { delayMs = 0 } = {}) {
        const heldMs = clock.now() - (takenAt.get(receipt) ?? clock.now())
        return subscription.giveBack(receipt, { delayMs: Math.max(0, delayMs - heldMs) })
      },
    }
  })
}

function sharesHeaders(): TransportModule {
  return withSubscriptions((subscription) => {
    const shared = new Map<string, Headers>()
    const share = (delivery: EventDelivery): EventDelivery => {
      const { event, nativeId } = delivery
      if (!event) return delivery
      const headers = shared.get(nativeId) ?? event.headers
      shared.set(nativeId, headers)
      return { ...delivery, event: { ...event, headers } }
    }
    return { deliveries: (signal) => mapped(subscription.deliveries(signal), share) }
  })
}

function handsOverTwice(): TransportModule {
  return withSubscriptions((subscription) => ({
    async *deliveries(signal) {
      for await (const delivery of subscription.deliveries(signal)) {
        yield delivery
        yield delivery
      }
    },
  }))
}

function waitsForPollTick(): TransportModule {
  return withDeliveries(async (delivery, { context: { clock } }) => {
    const restMs = 10_000 - (clock.now() % 10_000)
    await new Promise<void>((resolve) => clock.after(restMs, resolve))
    return delivery
  })
}

function redrivesToEverybody(): TransportModule {
  return withEvents((events) => {
    const { deadLetters } = events
    if (!deadLetters) return {}
    return {
      deadLetters: changed(deadLetters, {
        async redrive(letter) {
          const isThere = await deadLetters.discard(letter)
          if (isThere && letter.event) await events.send(letter.event)
          return isThere
        },
      }),
    }
  })
}

function sendsIntoTheVoid(): TransportModule {
  return withEvents((events) => ({
    async send(event, options) {
      try {
        await events.send(event, options)
      } catch (error) {
        if (!isBusError(error) || !error.retriable) throw error
      }
    },
  }))
}

function keepsWhatHasExpired(): TransportModule {
  return withEvents((events) => ({
    send: (event, options) => events.send(event, { ...options, ttlMs: Infinity }),
  }))
}

function readsOnePageOfHistory(): TransportModule {
  return withEvents((events) => ({
    async *history(address, query) {
      let count = 0
      for await (const past of events.history?.(address, query) ?? []) {
        if (++count > 10_000) return
        yield past
      }
    },
  }))
}
