import type { TransportModule } from '@lightbus/core/transport'
import { eventOptions, resultOptions, rpcOptions, schemaOptions } from './options.ts'
import { RedisEventTransport } from './redis-event-transport.ts'
import { RedisResultTransport } from './redis-result-transport.ts'
import { RedisRpcTransport } from './redis-rpc-transport.ts'
import { RedisSchemaTransport } from './redis-schema-transport.ts'

/** All four kinds over Redis 5.0 or later, on the wire of Python Lightbus. */
export const transportModule: TransportModule = {
  name: 'redis',
  event: {
    optionsSchema: eventOptions.schema,
    create: (options, context) => new RedisEventTransport(eventOptions.read(options), context),
  },
  rpc: {
    optionsSchema: rpcOptions.schema,
    create: (options, context) => new RedisRpcTransport(rpcOptions.read(options), context),
  },
  result: {
    optionsSchema: resultOptions.schema,
    create: (options, context) => new RedisResultTransport(resultOptions.read(options), context),
  },
  schema: {
    optionsSchema: schemaOptions.schema,
    create: (options, context) => new RedisSchemaTransport(schemaOptions.read(options), context),
  },
}
