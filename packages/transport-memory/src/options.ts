import {
  durationMs,
  durationSchema,
  type Duration,
  type OptionsSchema,
  type TransportOptions,
} from '@lightbus/core/transport'
import type { MemoryBroker } from './memory-broker.ts'
import type { ChaosOptions } from './seeded-chaos.ts'

/** The options, as the transports read them. */
export interface MemoryOptions {
  readonly namespace: string
  /** Used instead of the one of the namespace. */
  readonly broker: MemoryBroker | undefined
  readonly maxMessageBytes: number
  /** Undefined: nothing is trimmed away. */
  readonly maxStreamLength: number | undefined
  /** Whether trimming spares what some group has not handled yet. */
  readonly retention: 'safe' | 'lossy'
  readonly leaseMs: number
  /** Undefined: events do not expire. */
  readonly eventTtlMs: number | undefined
  /** 0: nothing is recognized as sent before. */
  readonly dedupWindowMs: number
  readonly resultTtlMs: number
  readonly chaos: ChaosOptions | undefined
}

const probability = (description: string): object => ({
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0,
  description,
})

const place = {
  namespace: {
    type: 'string',
    minLength: 1,
    default: 'default',
    description: 'Whoever names the same namespace in this process shares one broker.',
  },
  broker: {
    description: 'A broker of your own, from createMemoryBroker(), instead of a namespace. Only in code.',
  },
} as const

const maxMessageBytes = {
  type: 'integer',
  minimum: 1,
  default: 64 * 1024 * 1024,
  description: 'How many bytes a message may have as JSON text.',
} as const

const resultTtl = {
  ...durationSchema,
  default: 60,
  description: 'How long a result waits for a caller whose connection is lost.',
} as const

const chaos = {
  type: ['object', 'null'],
  default: null,
  description: 'Mishaps for tests of your own, the same for the same seed; null for none.',
  properties: {
    seed: { type: 'integer', description: 'Decides which events are struck.' },
    duplicate: probability('How often an event is delivered twice.'),
    reorder: probability('How often an event is held for a moment, so that later ones overtake it.'),
    delay: probability('How often an event is late, by up to 50 ms.'),
    drop_connection: probability('How often the connection is lost when an event is to be sent.'),
    fail_send: probability('How often an event cannot be sent.'),
  },
  required: ['seed'],
  additionalProperties: false,
} as const

const eventProperties = {
  max_stream_length: {
    type: ['integer', 'null'],
    minimum: 1,
    default: 100_000,
    description: 'How many events of an API are kept; null keeps all.',
  },
  retention: {
    type: 'string',
    enum: ['safe', 'lossy'],
    default: 'safe',
    description: 'Whether events that a listener has not handled are kept beyond that length, or lost.',
  },
  acknowledgement_timeout: {
    ...durationSchema,
    default: 60,
    description: 'How long a process may be silent before others take over the events it holds.',
  },
  event_ttl: {
    ...durationSchema,
    type: ['number', 'string', 'null'],
    default: null,
    description: 'For how long after it was sent an event may be handed over; null for ever.',
  },
  dedup_window: {
    ...durationSchema,
    default: 0,
    description: 'For how long an event that is sent again with the same id is not stored again; 0 is off.',
  },
  chaos,
} as const

/** The options of the event transport. */
export const eventOptionsSchema = schemaOf({
  ...place,
  max_message_bytes: maxMessageBytes,
  ...eventProperties,
})
/** The options of the RPC transport. */
export const rpcOptionsSchema = schemaOf({ ...place, max_message_bytes: maxMessageBytes })
/** The options of the result transport. */
export const resultOptionsSchema = schemaOf({
  ...place,
  max_message_bytes: maxMessageBytes,
  result_ttl: resultTtl,
})
/** The options of the schema transport. */
export const schemaOptionsSchema = schemaOf({ ...place })

const defaults = Object.fromEntries(
  Object.entries({ ...eventOptionsSchema.properties, ...resultOptionsSchema.properties }).map(
    ([name, schema]) => [name, 'default' in schema ? schema.default : undefined],
  ),
)

/** Reads options that fit the schema of their kind; what is left out has its default. */
export function readOptions(options: TransportOptions): MemoryOptions {
  const values: TransportOptions = { ...defaults, ...options }
  return {
    namespace: values['namespace'] as string,
    broker: values['broker'] as MemoryBroker | undefined,
    maxMessageBytes: values['max_message_bytes'] as number,
    maxStreamLength: (values['max_stream_length'] as number | null) ?? undefined,
    retention: values['retention'] as 'safe' | 'lossy',
    leaseMs: durationMs(values['acknowledgement_timeout'] as Duration),
    eventTtlMs: values['event_ttl'] === null ? undefined : durationMs(values['event_ttl'] as Duration),
    dedupWindowMs: durationMs(values['dedup_window'] as Duration),
    resultTtlMs: durationMs(values['result_ttl'] as Duration),
    chaos: (values['chaos'] as ChaosOptions | null) ?? undefined,
  }
}

function schemaOf(properties: Readonly<Record<string, object>>): OptionsSchema {
  return { type: 'object', properties, additionalProperties: false }
}
