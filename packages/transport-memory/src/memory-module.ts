import type { TransportModule } from '@lightbus/core/transport'
import { MemoryEventTransport } from './memory-event-transport.ts'
import { MemoryResultTransport } from './memory-result-transport.ts'
import { MemoryRpcTransport } from './memory-rpc-transport.ts'
import { MemorySchemaTransport } from './memory-schema-transport.ts'
import {
  eventOptionsSchema,
  readOptions,
  resultOptionsSchema,
  rpcOptionsSchema,
  schemaOptionsSchema,
} from './options.ts'

/** The transport that keeps everything in this process; every bus of a namespace meets at one broker. */
export const transportModule = {
  name: 'memory',
  event: {
    optionsSchema: eventOptionsSchema,
    create: (options, context) => new MemoryEventTransport(readOptions(options), context),
  },
  rpc: {
    optionsSchema: rpcOptionsSchema,
    create: (options, context) => new MemoryRpcTransport(readOptions(options), context),
  },
  result: {
    optionsSchema: resultOptionsSchema,
    create: (options, context) => new MemoryResultTransport(readOptions(options), context),
  },
  schema: {
    optionsSchema: schemaOptionsSchema,
    create: (options, context) => new MemorySchemaTransport(readOptions(options), context),
  },
} satisfies TransportModule
