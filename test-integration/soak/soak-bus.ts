import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'

/** How a message is treated by whoever handles it. */
export const moods = ['swift', 'failing', 'slow', 'hanging'] as const
export type Mood = (typeof moods)[number]

const mood = z.enum(moods)

export const facts = defineApi('soak.facts', { events: { happened: event({ mood }) } })
export const work = defineApi('soak.work', { procedures: { execute: procedure({ mood }, z.string()) } })

/** Those who listen for every event, each in a group of its own. */
export const listenerNames = ['billing', 'mailing', 'auditing'] as const

/** A bus of the soak, whose streams are trimmed so that what Redis keeps has a bound. */
export function soakBus({ url, processName }: { readonly url: string; readonly processName: string }) {
  const events = { url, max_stream_length: 1_000, acknowledgement_timeout: '5s', reclaim_interval: '1s' }
  return createBus({
    apis: [facts, work],
    serviceName: 'soak',
    processName,
    logLevel: 'critical',
    config: {
      bus: { schema: { transport: { redis: { url } } } },
      apis: {
        default: {
          rpc_timeout: '1s',
          retry: { attempts: 3, delay: '50ms' },
          event_transport: { redis: events },
          rpc_transport: { redis: { url } },
          result_transport: { redis: { url } },
        },
      },
    },
  })
}

export type SoakBus = ReturnType<typeof soakBus>
