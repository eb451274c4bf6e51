import { createBus, defineApi, event, procedure, type Plugin } from '@lightbus/core'
import { z } from 'zod'
import type { Place } from '../subject.ts'

const payload = { order: z.number(), note: z.string() }

const serviceName = 'growth'
export const eventName = 'happened'
export const procedureName = 'echo'

/** The listener of each API has a name of its own. */
export function listenerName(index: number): string {
  return `l${index}`
}

/** Where Redis keeps the events of an API, and how far its listener is. */
export function streamOf(apiName: string): string {
  return `${apiName}.*:stream`
}

export function groupOf(index: number): string {
  return `${serviceName}-${listenerName(index)}`
}

/** The APIs of a growth: all alike, each with a name of its own. */
export function growthApi<Name extends string>(name: Name) {
  return defineApi(name, {
    events: { [eventName]: event(payload) },
    procedures: { [procedureName]: procedure(payload, z.object(payload)) },
  })
}

export type GrowthApi = ReturnType<typeof growthApi<string>>

export interface BusParts {
  readonly place: Place
  readonly apis: readonly GrowthApi[]
  /** Of the event transport. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  readonly plugins?: readonly Plugin[]
  /** Whether nothing is validated and cast. */
  readonly isUnchecked?: boolean | undefined
}

/** A bus as it is by default, over Redis. */
export function growthBus({
  place: { url },
  apis,
  options = {},
  plugins = [],
  isUnchecked = false,
}: BusParts) {
  const redis = { url }
  const transport = { redis }
  return createBus({
    serviceName,
    apis,
    logLevel: 'error',
    plugins,
    config: {
      bus: { schema: { transport } },
      apis: {
        default: {
          rpc_timeout: 60,
          validate: !isUnchecked,
          cast_values: !isUnchecked,
          event_transport: { redis: { ...redis, ...options } },
          rpc_transport: transport,
          result_transport: transport,
        },
      },
    },
  })
}
