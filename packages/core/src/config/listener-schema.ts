import { durationSchema } from '../util/duration.ts'
import { backoffs, defaults, onErrors } from './defaults.ts'
import { section, type JsonSchema } from './schema-parts.ts'

const onError: JsonSchema = { enum: onErrors, description: 'What happens to an event whose handler failed.' }
const errorNames: JsonSchema = { type: 'array', items: { type: 'string', minLength: 1 } }

/** How events that failed are tried again; complete with its defaults, or only what is different. */
export function retrySchema({ isComplete }: { readonly isComplete: boolean }): JsonSchema {
  return {
    ...section({
      ...pauses(isComplete),
      final: {
        ...errorNames,
        ...(isComplete ? { default: [] } : {}),
        description: 'Classes or codes of errors after which an event is given up at once.',
      },
      rules: {
        type: 'array',
        items: {
          ...section({ match: { ...errorNames, minItems: 1 }, on_error: onError, ...pauses(false) }),
          required: ['match'],
        },
        ...(isComplete ? { default: [] } : {}),
        description: 'What is different for errors of some classes or codes; the first that matches counts.',
      },
    }),
    description: 'How often and when an event whose handler failed is tried again.',
  }
}

function pauses(isComplete: boolean): Readonly<Record<string, JsonSchema>> {
  const orElse = (value: unknown) => (isComplete ? { default: value } : {})
  return {
    attempts: {
      type: 'integer',
      minimum: 1,
      ...orElse(defaults.attempts),
      description: 'How often an event is handled before it is given up.',
    },
    backoff: {
      enum: backoffs,
      ...orElse(defaults.backoff),
      description: 'Whether the pause stays the same or is twice as long each time.',
    },
    delay: { ...durationSchema, ...orElse(defaults.retryDelay), description: 'The first pause.' },
    max_delay: { ...durationSchema, ...orElse(defaults.retryMaxDelay), description: 'The longest pause.' },
    jitter: {
      type: 'boolean',
      ...orElse(defaults.retryJitter),
      description: 'Whether pauses are shortened at random, by up to a half.',
    },
  }
}

/** A whole number from 1. */
export const count: JsonSchema = { type: 'integer', minimum: 1 }

/** How one listener handles events. */
export const listenerSchema: JsonSchema = section({
  on_error: onError,
  retry: retrySchema({ isComplete: false }),
  concurrency: { ...count, description: 'How many events a process handles at a time.' },
  prefetch: { ...count, description: 'How many events a process may hold.' },
  rate_limit: {
    ...section({ events: count, per: durationSchema }),
    required: ['events', 'per'],
    description: 'At most so many events in so long a time in a process.',
  },
  kill_switch: {
    ...section({
      failure_rate: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      of: count,
      pause: durationSchema,
    }),
    required: ['failure_rate', 'of', 'pause'],
    description: 'When the listener pauses: the share of failures, of how many events, and for how long.',
  },
  idempotent: {
    ...durationSchema,
    type: ['boolean', ...durationSchema.type],
    description: 'Whether an event that was handled is handled no second time, or for how long.',
  },
  outbox: {
    type: 'boolean',
    description: 'Whether what a handler fires is sent only when it has succeeded.',
  },
})
