import { isBusError, type RpcDelivery, type TransportModule } from '@lightbus/core/transport'
import { changed, mapped } from './changed.ts'
import { withBroker } from './changed-broker.ts'
import { withConsumers, withRpcs } from './changed-transports.ts'
import type { Mutant } from './mutant.ts'

/** Calls that are executed twice, too late, never, or without their caller's leave. */
export const rpcMutants: readonly Mutant[] = [
  {
    name: 'takes the expiry of a call from the configuration',
    wrong: 'Every call is executed within a minute, however short its own timeout is.',
    module: withRpcs((rpcs) => ({ send: (call) => rpcs.send(call, { timeoutMs: 60_000 }) })),
    suspects: ['R9', 'R10'],
  },
  {
    name: 'repeats an uncertain write',
    wrong: 'A call is sent once more when the reply of the broker was lost.',
    module: repeatsUncertainWrites(),
    suspects: ['R16'],
  },
  {
    name: 'executes a call on two servers',
    wrong: 'A call stays in the queue for one more server when it is taken.',
    module: executesTwice(),
    suspects: ['R1', 'R18'],
  },
  {
    name: 'cancels nothing',
    wrong: 'A call whose caller has gone is executed all the same.',
    module: withRpcs(() => ({ cancel: async () => undefined })),
    suspects: ['R13', 'R14'],
  },
  {
    name: 'does not tell the handler of the deadline',
    wrong: 'A call that is handed over has a day left, whatever its caller waits.',
    module: withConsumers((consumer) => ({
      calls: (signal) =>
        mapped(consumer.calls(signal), (delivery): RpcDelivery =>
          delivery.call ? { ...delivery, remainingMs: 24 * 60 * 60_000 } : delivery,
        ),
    })),
    suspects: ['R10', 'R13'],
  },
  {
    name: 'does not tell the handler of a cancellation',
    wrong: 'The handler of a call that is cancelled runs on, and is not told.',
    module: withConsumers((consumer) => ({
      calls: (signal) =>
        mapped(consumer.calls(signal), (delivery): RpcDelivery =>
          delivery.call ? { ...delivery, cancelled: new AbortController().signal } : delivery,
        ),
    })),
    suspects: ['R13'],
  },
  {
    name: 'ends the loop at a malformed call',
    wrong: 'A call that cannot be read ends the calls with an error.',
    module: withConsumers((consumer) => ({
      calls: (signal) =>
        mapped(consumer.calls(signal), (delivery) => {
          if (delivery.undecodable) throw delivery.undecodable
          return delivery
        }),
    })),
    suspects: ['R6', 'R7'],
  },
  {
    name: 'swallows a call when it stops',
    wrong: 'A server that was waiting when it stopped takes one more call, and does nothing with it.',
    module: swallowsWhenStopping(),
    suspects: ['R18', 'R19'],
  },
  {
    name: 'forgets idempotency keys',
    wrong: 'A call that is repeated with its key is executed once more.',
    module: withRpcs(({ outcomes }) =>
      outcomes ? { outcomes: changed(outcomes, { claim: async () => 'mine' }) } : {},
    ),
    suspects: ['R29'],
  },
]

function repeatsUncertainWrites(): TransportModule {
  return withRpcs((rpcs) => ({
    async send(call, options) {
      try {
        return await rpcs.send(call, options)
      } catch (error) {
        if (!isBusError(error) || !error.retriable) throw error
        return rpcs.send(call, options)
      }
    },
  }))
}

function executesTwice(): TransportModule {
  return withBroker(({ rpcs }) => {
    const take = rpcs.take.bind(rpcs)
    const known = new Set<string>()
    rpcs.take = (apiName) => {
      const taken = take(apiName)
      // Later, since whoever takes this one is not to be handed another within.
      if (taken && !known.has(taken.text)) queueMicrotask(() => rpcs.inject(apiName, taken.text))
      if (taken) known.add(taken.text)
      return taken
    }
  })
}

function swallowsWhenStopping(): TransportModule {
  return withConsumers((consumer) => ({
    calls(signal) {
      const calls = consumer.calls(new AbortController().signal)[Symbol.asyncIterator]()
      const end = { done: true, value: undefined } as const
      const stopped = new Promise<typeof end>((resolve) =>
        signal.addEventListener('abort', () => resolve(end), { once: true }),
      )
      const next = async (): Promise<IteratorResult<RpcDelivery>> =>
        signal.aborted ? end : Promise.race([calls.next(), stopped])
      return { [Symbol.asyncIterator]: () => ({ next }) }
    },
  }))
}
