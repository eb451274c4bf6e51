import type { TransportModule } from '@lightbus/core/transport'

/** Stands in where a transport has no schemas of its own: a bus needs some. */
export const schemasOfNobody: TransportModule = {
  name: 'schemas-of-nobody',
  schema: {
    optionsSchema: { type: 'object', properties: {}, additionalProperties: false },
    create: () => ({
      name: 'schemas-of-nobody',
      address: 'nowhere',
      features: {},
      open: async () => undefined,
      close: async () => undefined,
      health: async () => ({ isUp: true }),
      store: async () => ({}),
      load: async () => [],
    }),
  },
}
