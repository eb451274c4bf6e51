import type { OptionsSchema, TransportOptions } from '@lightbus/core/transport'

const namespace = {
  type: 'string',
  minLength: 1,
  default: 'default',
  description: 'Whoever names the same namespace in this process shares one broker.',
}

const maxStreamLength = {
  type: 'integer',
  minimum: 0,
  default: 100_000,
  description: 'How many past events of an API are kept for groups that start in the past.',
}

/** The options of all four kinds. */
export const optionsSchema: OptionsSchema = {
  type: 'object',
  properties: { namespace },
  additionalProperties: false,
}

/** The options of the event transport. */
export const eventOptionsSchema: OptionsSchema = {
  type: 'object',
  properties: { namespace, max_stream_length: maxStreamLength },
  additionalProperties: false,
}

/** The options, as the transports read them. */
export interface MemoryOptions {
  readonly namespace: string
  readonly maxStreamLength: number
}

/** Reads options that fit their schema. */
export function readOptions(options: TransportOptions): MemoryOptions {
  return {
    namespace: (options['namespace'] as string | undefined) ?? namespace.default,
    maxStreamLength: (options['max_stream_length'] as number | undefined) ?? maxStreamLength.default,
  }
}
