import type { TransportModule } from '@lightbus/core/transport'
import { MemoryEventTransport } from './memory-event-transport.ts'
import { MemoryResultTransport } from './memory-result-transport.ts'
import { MemoryRpcTransport } from './memory-rpc-transport.ts'
import { MemorySchemaTransport } from './memory-schema-transport.ts'
import { eventOptionsSchema, optionsSchema, readOptions } from './options.ts'

/** The transport that keeps everything in this process; every bus of a namespace meets at one broker. */
export const transportModule = {
  name: 'memory',
  event: {
    optionsSchema: eventOptionsSchema,
    create: (options, context) => new MemoryEventTransport(readOptions(options), context),
  },
  rpc: {
    optionsSchema,
    create: (options, context) => new MemoryRpcTransport(readOptions(options), context),
  },
  result: {
    optionsSchema,
    create: (options) => new MemoryResultTransport(readOptions(options)),
  },
  schema: {
    optionsSchema,
    create: (options, context) => new MemorySchemaTransport(readOptions(options), context),
  },
} satisfies TransportModule
