import { transportRefused, type TransportFactory, type TransportModule } from '@lightbus/core/transport'

const name = 'nobody'
const life = {
  name,
  address: 'nowhere',
  open: async () => undefined,
  close: async () => undefined,
  health: async () => ({ isUp: true }) as const,
}
const refuse = async (): Promise<never> => {
  throw transportRefused({ transport: name, address: life.address, why: 'it carries nothing' })
}

/** Stands in for the kinds of message that a transport does not carry: a bus needs one for each. */
export const nobody: TransportModule = {
  name,
  event: factory({ ...life, features: {}, send: refuse, subscribe: refuse }),
  rpc: factory({ ...life, features: {}, send: refuse, cancel: refuse, consume: refuse }),
  result: factory({ ...life, expect: refuse, send: refuse }),
  schema: factory({ ...life, features: {}, store: async () => ({}), load: async () => [] }),
}

function factory<T>(transport: T): TransportFactory<T> {
  return {
    optionsSchema: { type: 'object', properties: {}, additionalProperties: false },
    create: () => transport,
  }
}
