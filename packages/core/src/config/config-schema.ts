import type { OptionsSchema, TransportKind, TransportModule } from '../contracts/transport-module.ts'
import { durationSchema } from '../util/duration.ts'
import { defaults, logLevels, onConflicts, onErrors } from './defaults.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const forPython = {
  description: 'Accepted so that one file serves Python services too; has no effect here.',
  withoutEffect: true,
}

/**
 * The JSON Schema (draft 7) of the configuration file, with the options of the transports in `modules`, by the names
 * they are written with. Mistakes are found by it, defaults filled in from it, and editors complete from it.
 */
export function configSchema(modules: ReadonlyMap<string, TransportModule>): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lightbus configuration',
    ...section({
      service_name: {
        type: 'string',
        minLength: 1,
        default: defaults.serviceName,
        description: 'Shared by all processes of a service. May hold placeholders, {hostname} for example.',
      },
      process_name: {
        type: 'string',
        minLength: 1,
        default: defaults.processName,
        description: 'Unique among the processes of a service. May hold placeholders, {random4} for example.',
      },
      bus: busSchema(modules),
      apis: {
        type: 'object',
        description:
          'By API name. "default" stands for the APIs not named; the others have its transports where they name none, and nothing else of it.',
        additionalProperties: apiSchema(modules),
      },
      plugins: {
        type: 'object',
        description: 'By plugin name; further options belong to the plugin.',
        additionalProperties: {
          type: 'object',
          properties: { enabled: { type: 'boolean', default: defaults.pluginEnabled } },
        },
      },
    }),
  }
}

function busSchema(modules: ReadonlyMap<string, TransportModule>): JsonSchema {
  return section({
    log_level: { enum: logLevels, default: defaults.logLevel },
    shutdown_timeout: duration(defaults.shutdownTimeout, 'How long running handlers may take at the end.'),
    start_timeout: {
      ...durationOrNull,
      default: defaults.startTimeout,
      description: 'How long a start waits for a broker that is not there; null means for ever.',
    },
    schema: section({
      ttl: {
        ...durationOrNull,
        default: defaults.schemaTtl,
        description: 'How long a published schema outlives its service; null means for ever.',
      },
      on_conflict: {
        enum: onConflicts,
        default: defaults.onConflict,
        description:
          'What is done when another schema of an API is alive on the bus: warn, refuse to start, or let the newest stand.',
      },
      transport: selector('schema', modules),
      human_readable: { type: 'boolean', ...forPython },
    }),
  })
}

function apiSchema(modules: ReadonlyMap<string, TransportModule>): JsonSchema {
  return section({
    rpc_timeout: duration(defaults.rpcTimeout, 'How long a call waits for its result.'),
    validate: {
      ...section({
        outgoing: { type: 'boolean', default: defaults.validateOutgoing },
        incoming: { type: 'boolean', default: defaults.validateIncoming },
      }),
      type: ['boolean', 'object'],
      description: 'Whether messages are checked against their schema: both ways, none, or one of them.',
    },
    strict_validation: {
      type: 'boolean',
      default: defaults.strictValidation,
      description: 'Whether a message without a known schema is an error.',
    },
    on_error: {
      enum: onErrors,
      default: defaults.onError,
      description: 'What happens to an event whose handler failed.',
    },
    event_transport: selector('event', modules),
    rpc_transport: selector('rpc', modules),
    result_transport: selector('result', modules),
    event_listener_setup_timeout: { ...durationSchema, ...forPython },
    event_fire_timeout: { ...durationSchema, ...forPython },
    cast_values: { type: 'boolean', ...forPython },
  })
}

/** Modules without this kind of transport take part, unchecked: whoever uses them says what is missing. */
function selector(kind: TransportKind, modules: ReadonlyMap<string, TransportModule>): JsonSchema {
  const options = new Map<string, OptionsSchema>()
  for (const [name, module] of modules) {
    const factory = module[kind]
    if (factory) options.set(name, factory.optionsSchema)
  }
  return {
    type: 'object',
    description: 'Exactly one transport (redis, memory, a package or a ./path) with its options.',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(options),
    additionalProperties: { type: 'object' },
  }
}

function section(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, additionalProperties: false }
}

const durationOrNull = { ...durationSchema, type: [...durationSchema.type, 'null'] } as const

function duration(seconds: number, description: string): JsonSchema {
  return { ...durationSchema, default: seconds, description }
}
