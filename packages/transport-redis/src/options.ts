import {
  durationMs,
  durationSchema,
  type Duration,
  type OptionsSchema,
  type TransportOptions,
} from '@lightbus/core/transport'
import { placeProperties, readPlace, unneeded, type PlaceOptions } from './place-options.ts'
import type { ReplicaWait } from './replicas.ts'

/** Options as written in a configuration, with their defaults, beside how they are read. */
export interface OptionsOf<T> {
  readonly schema: OptionsSchema
  /** Reads options that fit the schema; what is left out has its default. */
  read(options: TransportOptions): T
}

/** How large a message may be. */
export interface MessageOptions extends PlaceOptions {
  readonly maxMessageBytes: number
}

export interface RpcOptions extends MessageOptions {
  readonly batchSize: number
  /** For how long a call waits for a server at most, however long its caller does. */
  readonly rpcTimeoutMs: number | undefined
  /** How many replicas have to know that a call is taken before it is executed. */
  readonly waitReplicas: ReplicaWait | undefined
}

export interface ResultOptions extends MessageOptions {
  readonly resultTtlMs: number
}

export interface EventOptions extends MessageOptions {
  /** Instead of the names that the service and the process have. */
  readonly serviceName: string | undefined
  readonly consumerName: string | undefined
  readonly batchSize: number
  readonly reclaimBatchSize: number
  /** How long an event is held without a sign of life before others may take it. */
  readonly leaseMs: number
  readonly reclaimIntervalMs: number
  readonly maxStreamLength: number | null
  /** Whether trimming spares what some group has not finished. */
  readonly retention: 'safe' | 'lossy'
  /** Up to how many events it does. */
  readonly maxUnfinishedLength: number
  readonly streamUse: 'per_api' | 'per_event'
  /** The longest pause between two tries to read after a failure. */
  readonly restartDelayMs: number
  /** For how long an event is not stored again that is sent with the same id; 0 stores it each time. */
  readonly dedupWindowMs: number
  /** For how long an event may be heard after it was sent; undefined: as long as it is kept. */
  readonly eventTtlMs: number | undefined
  /** Until when consumers count as alive that say nothing. */
  readonly consumerTtlMs: number
  /** How many replicas have to have an event before it counts as sent. */
  readonly waitReplicas: ReplicaWait | undefined
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

const message = {
  ...placeProperties,
  max_message_bytes: count(
    64 * 1024 * 1024,
    'How many bytes a message may have; a larger one is refused to its sender.',
  ),
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

interface WrittenWait {
  readonly replicas?: number
  readonly timeout?: Duration
}

// The client gives up on a command after three seconds.
const readWait = (wait: WrittenWait | undefined): ReplicaWait | undefined =>
  wait && { replicas: wait.replicas ?? 1, timeoutMs: Math.min(2_500, durationMs(wait.timeout ?? 1)) }

const waitFor = (what: string, description: string): object => ({
  type: 'object',
  properties: {
    replicas: count(1, `How many replicas have to ${what}.`),
    timeout: duration(1, 'How long to wait for them, 2.5 seconds at most.'),
  },
  additionalProperties: false,
  description,
})

const readMessage = (values: TransportOptions): MessageOptions => ({
  ...readPlace(values),
  maxMessageBytes: values['max_message_bytes'] as number,
})

export const schemaOptions = optionsOf<PlaceOptions>({ ...placeProperties }, readPlace)

/** Python services name classes; each stands for what we do anyway. */
const serializers = (kind: 'Blob' | 'ByField'): Readonly<Record<string, object>> => {
  const path = `lightbus.serializers.${kind}Message`
  const named = (what: 'Serializer' | 'Deserializer', description: string): object => ({
    type: 'string',
    enum: [
      `${path}${what}`,
      `lightbus.serializers.${kind === 'Blob' ? 'blob' : 'by_field'}.${kind}Message${what}`,
    ],
    default: `${path}${what}`,
    description,
  })
  return {
    serializer: named(
      'Serializer',
      'How messages are written, by the name of the Python class; there is one way.',
    ),
    deserializer: named(
      'Deserializer',
      'How messages are read, by the name of the Python class; there is one way.',
    ),
  }
}

export const rpcOptions = optionsOf<RpcOptions>(
  {
    ...message,
    ...serializers('Blob'),
    batch_size: count(100, 'How many waiting calls are taken from a queue at once, at most.'),
    rpc_timeout: {
      ...durationSchema,
      type: ['number', 'string', 'null'],
      default: null,
      description:
        'For how long a call waits for a server at most; null lets it wait for as long as its caller waits.',
    },
    wait_replicas: waitFor(
      'know that a call is taken',
      'Executes a call when replicas know that it is taken (WAIT), so that no failover has it executed again; its caller sees a timeout where they do not.',
    ),
    rpc_retry_delay: unneeded('a call that could not be sent is refused to its caller'),
    consumption_restart_delay: unneeded('lost connections are tried again within two seconds'),
  },
  (values) => ({
    ...readMessage(values),
    batchSize: values['batch_size'] as number,
    rpcTimeoutMs: values['rpc_timeout'] === null ? undefined : durationMs(values['rpc_timeout'] as Duration),
    waitReplicas: readWait(values['wait_replicas'] as WrittenWait | undefined),
  }),
)

export const resultOptions = optionsOf<ResultOptions>(
  {
    ...message,
    ...serializers('Blob'),
    result_ttl: duration(60, 'How long a result waits for its caller.'),
    rpc_timeout: unneeded('each call has its own'),
  },
  (values) => ({ ...readMessage(values), resultTtlMs: durationMs(values['result_ttl'] as Duration) }),
)

const name = (description: string): object => ({
  type: ['string', 'null'],
  minLength: 1,
  default: null,
  description,
})

/** As good as for ever, and a time that Redis can count. */
const foreverMs = durationMs('36500d')

function readEvents(values: TransportOptions): EventOptions {
  const batchSize = values['batch_size'] as number
  const maxStreamLength = (values['max_stream_length'] as number | null) || null
  const leaseMs = durationMs(values['acknowledgement_timeout'] as Duration)
  const reclaimInterval = values['reclaim_interval'] as Duration | null
  return {
    ...readMessage(values),
    serviceName: (values['service_name'] as string | null) ?? undefined,
    consumerName: (values['consumer_name'] as string | null) ?? undefined,
    batchSize,
    reclaimBatchSize: (values['reclaim_batch_size'] as number | null) || batchSize * 10,
    leaseMs,
    reclaimIntervalMs: reclaimInterval === null ? leaseMs : durationMs(reclaimInterval),
    maxStreamLength,
    retention: values['retention'] as EventOptions['retention'],
    maxUnfinishedLength:
      (values['max_unfinished_length'] as number | null) ?? Math.max(10_000, 10 * (maxStreamLength ?? 0)),
    streamUse: values['stream_use'] as EventOptions['streamUse'],
    restartDelayMs: durationMs(values['consumption_restart_delay'] as Duration),
    dedupWindowMs: durationMs(values['dedup_window'] as Duration),
    eventTtlMs: values['event_ttl'] === null ? undefined : durationMs(values['event_ttl'] as Duration),
    consumerTtlMs: durationMs(values['consumer_ttl'] as Duration) || foreverMs,
    waitReplicas: readWait(values['wait_replicas'] as WrittenWait | undefined),
  }
}

export const eventOptions = optionsOf<EventOptions>(
  {
    ...message,
    ...serializers('ByField'),
    batch_size: count(100, 'How many events are read at once, at most.'),
    service_name: name('What the names of the groups begin with; null is the name of the service.'),
    consumer_name: name(
      'What this process is called in its groups; null is the name of the process. No two processes may share it.',
    ),
    reclaim_batch_size: {
      type: ['integer', 'null'],
      minimum: 0,
      default: 100,
      description: 'How many pending events a sweep looks at in one step; null or 0 is ten times batch_size.',
    },
    acknowledgement_timeout: duration(
      60,
      'How long a process may be silent before others take over the events it holds.',
    ),
    reclaim_interval: {
      ...durationSchema,
      type: ['number', 'string', 'null'],
      default: 5,
      description:
        'How often to look for events that another process has left; null is acknowledgement_timeout.',
    },
    max_stream_length: {
      type: ['integer', 'null'],
      minimum: 0,
      default: 100_000,
      description: 'About how many events a stream keeps; null or 0 keeps all.',
    },
    retention: {
      type: 'string',
      enum: ['safe', 'lossy'],
      default: 'safe',
      description:
        'Whether a stream keeps what some listener has not handled yet, or loses it like everything above its length.',
    },
    max_unfinished_length: {
      type: ['integer', 'null'],
      minimum: 1,
      default: null,
      description:
        'How many events a safe stream keeps at most for listeners that have not handled them; null is ten times max_stream_length, and no less than 10000.',
    },
    stream_use: {
      type: 'string',
      enum: ['per_api', 'per_event'],
      default: 'per_api',
      description: 'One stream for each API, or one for each event.',
    },
    consumption_restart_delay: duration(5, 'The longest pause between two tries to read after a failure.'),
    dedup_window: duration(
      0,
      'For how long an event is not stored again that is sent with the same id; 0 stores it each time.',
    ),
    event_ttl: {
      ...durationSchema,
      type: ['number', 'string', 'null'],
      default: null,
      description:
        'For how long after it was sent an event may be heard; null lets it be heard as long as it is kept.',
    },
    consumer_ttl: duration(
      300,
      'For how long a member of a group is remembered that has gone and left nothing behind; one that lives says so three times in it. 0 is for ever.',
    ),
    wait_replicas: waitFor(
      'have an event',
      'Counts an event as sent when replicas have it too (WAIT); its sender is told to try again where they have not.',
    ),
  },
  readEvents,
)
