import {
  durationMs,
  durationSchema,
  type Duration,
  type OptionsSchema,
  type TransportOptions,
} from '@lightbus/core/transport'

/** Options as written in a configuration, with their defaults, beside how they are read. */
export interface OptionsOf<T> {
  readonly schema: OptionsSchema
  /** Reads options that fit the schema; what is left out has its default. */
  read(options: TransportOptions): T
}

/** Where Redis is, and what every key starts with. */
export interface PlaceOptions {
  readonly url: string
  readonly namespace: string
}

export interface RpcOptions extends PlaceOptions {
  readonly batchSize: number
}

export interface ResultOptions extends PlaceOptions {
  readonly resultTtlMs: number
}

export interface EventOptions extends PlaceOptions {
  readonly batchSize: number
  readonly reclaimBatchSize: number
  /** How long an event is held without a sign of life before others may take it. */
  readonly leaseMs: number
  readonly reclaimIntervalMs: number
  readonly maxStreamLength: number | null
  readonly streamUse: 'per_api' | 'per_event'
  /** The longest pause between two tries to read after a failure. */
  readonly restartDelayMs: number
}

const duration = (seconds: number, description: string): object => ({
  ...durationSchema,
  default: seconds,
  description,
})
const count = (number: number, description: string): object => ({
  type: 'integer',
  minimum: 1,
  default: number,
  description,
})

const place = {
  url: {
    type: 'string',
    minLength: 1,
    default: 'redis://127.0.0.1:6379/0',
    description: 'Where Redis is: redis://user:password@host:port/database, or rediss:// for TLS.',
  },
  namespace: { type: 'string', default: '', description: 'What the name of every key starts with.' },
} as const

function optionsOf<T>(
  properties: Readonly<Record<string, object>>,
  interpret: (values: TransportOptions) => T,
): OptionsOf<T> {
  const defaults = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
  )
  return {
    schema: { type: 'object', properties, additionalProperties: false },
    read: (options) => interpret({ ...defaults, ...options }),
  }
}

const readPlace = (values: TransportOptions): PlaceOptions => ({
  url: values['url'] as string,
  namespace: values['namespace'] as string,
})

export const schemaOptions = optionsOf<PlaceOptions>({ ...place }, readPlace)

export const rpcOptions = optionsOf<RpcOptions>(
  { ...place, batch_size: count(10, 'How many waiting calls are taken from a queue at once, at most.') },
  (values) => ({ ...readPlace(values), batchSize: values['batch_size'] as number }),
)

export const resultOptions = optionsOf<ResultOptions>(
  { ...place, result_ttl: duration(60, 'How long a result waits for its caller.') },
  (values) => ({ ...readPlace(values), resultTtlMs: durationMs(values['result_ttl'] as Duration) }),
)

export const eventOptions = optionsOf<EventOptions>(
  {
    ...place,
    batch_size: count(10, 'How many events are read at once, at most.'),
    reclaim_batch_size: count(100, 'How many pending events a sweep looks at in one step.'),
    acknowledgement_timeout: duration(
      60,
      'How long a process may be silent before others take over the events it holds.',
    ),
    reclaim_interval: duration(5, 'How often to look for events that another process has left.'),
    max_stream_length: {
      type: ['integer', 'null'],
      minimum: 1,
      default: 100_000,
      description: 'About how many events a stream keeps; null keeps all.',
    },
    stream_use: {
      type: 'string',
      enum: ['per_api', 'per_event'],
      default: 'per_api',
      description: 'One stream for each API, or one for each event.',
    },
    consumption_restart_delay: duration(5, 'The longest pause between two tries to read after a failure.'),
  },
  (values) => ({
    ...readPlace(values),
    batchSize: values['batch_size'] as number,
    reclaimBatchSize: values['reclaim_batch_size'] as number,
    leaseMs: durationMs(values['acknowledgement_timeout'] as Duration),
    reclaimIntervalMs: durationMs(values['reclaim_interval'] as Duration),
    maxStreamLength: values['max_stream_length'] as number | null,
    streamUse: values['stream_use'] as EventOptions['streamUse'],
    restartDelayMs: durationMs(values['consumption_restart_delay'] as Duration),
  }),
)
