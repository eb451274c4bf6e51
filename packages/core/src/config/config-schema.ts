import type { OptionsSchema, TransportKind, TransportModule } from '../contracts/transport-module.ts'
import { durationSchema, type Duration } from '../util/duration.ts'
import { byteSizeSchema } from '../util/byte-size.ts'
import { defaults, logLevels, onBreakingChanges, onConflicts, onErrors } from './defaults.ts'
import { count, listenerSchema, retrySchema } from './listener-schema.ts'
import { section, type JsonSchema } from './schema-parts.ts'

const forPython = {
  description: 'Accepted so that one file serves Python services too; has no effect here.',
  withoutEffect: true,
}

/** What has options, as a plugin's module has. */
export interface WithOptions {
  readonly optionsSchema: OptionsSchema
}

/**
 * The JSON Schema (draft 7) of the configuration file, with the options of the transports in `modules` and of the `plugins`, by the names
 * they are written with. Mistakes are found by it, defaults filled in from it, and editors complete from it.
 */
export function configSchema(
  modules: ReadonlyMap<string, TransportModule>,
  plugins: ReadonlyMap<string, WithOptions> = new Map(),
): JsonSchema {
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
      listeners: {
        type: 'object',
        description:
          'How listeners handle events, by listener name. What the program itself says is stronger.',
        additionalProperties: listenerSchema,
      },
      plugins: pluginsSchema(plugins),
    }),
  }
}

/** The options of a plugin that is not enabled are its own affair: its module is not loaded. */
function pluginsSchema(plugins: ReadonlyMap<string, WithOptions>): JsonSchema {
  const enabled = {
    type: 'boolean',
    default: defaults.pluginEnabled,
    description: 'Whether the plugin is loaded and run.',
  }
  const known = [...plugins].map(([name, { optionsSchema }]) => {
    const properties = { enabled, ...optionsSchema.properties }
    return [name, { ...optionsSchema, properties }] as const
  })
  return {
    type: 'object',
    description:
      'By name: internal_state, internal_metrics, a package or a ./path. Further options belong to the plugin.',
    properties: Object.fromEntries(known),
    additionalProperties: { type: 'object', properties: { enabled } },
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
    carried_headers: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: defaults.carriedHeaders,
      description: 'Headers that go from a message to what is fired and called while it is handled.',
    },
    claim_check: {
      ...section({
        above: { ...byteSizeSchema, description: 'The size of the parameters in bytes from which on.' },
        ttl: duration(defaults.claimCheckTtl, 'How long they are kept.'),
      }),
      required: ['above'],
      description: 'Keeps the parameters of large events beside the stream.',
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
      on_breaking_change: {
        enum: onBreakingChanges,
        default: defaults.onBreakingChange,
        description:
          'What is done at the start when a schema breaks those who know the one that is alive: warn, refuse to start, or nothing.',
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
    cast_values: {
      type: 'boolean',
      default: defaults.castValues,
      description: 'Whether values that come in become what the definition here says, such as a Date.',
    },
    on_error: {
      enum: onErrors,
      default: defaults.onError,
      description: 'What happens to an event whose handler failed.',
    },
    retry: retrySchema({ isComplete: true }),
    concurrency: { ...count, description: 'How many calls of the API a process executes at a time.' },
    prefetch: {
      ...count,
      description: 'How many calls of the API a process may hold, waiting ones included.',
    },
    event_transport: selector('event', modules),
    rpc_transport: selector('rpc', modules),
    result_transport: selector('result', modules),
    event_listener_setup_timeout: { ...durationSchema, ...forPython },
    event_fire_timeout: { ...durationSchema, ...forPython },
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

const durationOrNull = { ...durationSchema, type: [...durationSchema.type, 'null'] } as const

function duration(given: Duration, description: string): JsonSchema {
  return { ...durationSchema, default: given, description }
}
