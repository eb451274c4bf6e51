import { isBusError, type TransportModule } from '@lightbus/core/transport'
import { withBroker } from './changed-broker.ts'
import { withAll, withResults, withSchemas } from './changed-transports.ts'
import type { Mutant } from './mutant.ts'

/** Results and schemas that are kept too long, and transports that are opened in a wrong way. */
export const otherMutants: readonly Mutant[] = [
  {
    name: 'leaks a reply key for each call',
    wrong: 'What is kept for the result of a call stays for ever.',
    module: withResults((results, { broker }) => ({
      async expect(call) {
        const pending = await results.expect(call)
        broker().outcomes.put(`reply of ${call.id}`, '', undefined)
        return pending
      },
    })),
    suspects: ['S4', 'S6', 'S12'],
  },
  {
    name: 'keeps unread results for ever',
    wrong: 'A stored result has no expiry.',
    module: keepsResultsForEver(),
    suspects: ['S4', 'S12'],
  },
  {
    name: 'loads expired schemas',
    wrong: 'A schema that nobody stores again stays.',
    module: withSchemas((schemas) => ({ store: (schema) => schemas.store(schema, { ttlMs: undefined }) })),
    suspects: ['C2', 'C3'],
  },
  {
    name: 'keeps expired names in the schema index',
    wrong: 'The names of expired schemas stay in the index.',
    module: keepsExpiredNames(),
    suspects: ['C3'],
  },
  {
    name: 'replaces a schema without a word',
    wrong: 'Whoever stores a schema is not told that it replaces another one.',
    module: withSchemas((schemas) => ({
      async store(schema, options) {
        await schemas.store(schema, options)
        return {}
      },
    })),
    suspects: ['C5'],
  },
  {
    name: 'swallows that the broker lacks something',
    wrong: 'A broker that cannot do what is needed is opened all the same.',
    module: swallowsLack(),
    suspects: ['L18'],
  },
  {
    name: 'leaks a connection for each opening',
    wrong: 'Each opening makes a second connection that is never closed.',
    module: withAll((transport, { another }) => ({
      async open() {
        await another().open()
        await transport.open()
      },
    })),
    suspects: ['L6', 'L8', 'L9'],
  },
  {
    name: 'is always up',
    wrong: 'Health is up, whatever the connection does.',
    module: withAll(() => ({ health: async () => ({ isUp: true }) })),
    suspects: ['L15'],
  },
]

function keepsResultsForEver(): TransportModule {
  return withBroker(({ inboxes }) => {
    const put = inboxes.put.bind(inboxes)
    inboxes.put = (name, text) => put(name, text, Infinity)
  })
}

function keepsExpiredNames(): TransportModule {
  return withBroker(({ schemas }) => {
    const put = schemas.put.bind(schemas)
    const keys = schemas.keys.bind(schemas)
    const index = new Set<string>()
    schemas.put = (name, text, ttlMs) => {
      index.add(`schema:${name}`)
      put(name, text, ttlMs)
    }
    schemas.keys = () => {
      const alive = keys()
      const expired = [...index].filter((name) => !alive.some((key) => key.name === name))
      return [...alive, ...expired.map((name) => ({ name, ttlMs: undefined }))]
    }
  })
}

function swallowsLack(): TransportModule {
  return withAll((transport) => ({
    async open() {
      try {
        await transport.open()
      } catch (error) {
        if (!isBusError(error) || !error.message.includes('lacks')) throw error
      }
    },
  }))
}
