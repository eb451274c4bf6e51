import { appendFileSync } from 'node:fs'
import { createBus, defineApi, event, procedure, type Log, type WrittenConfig } from '@lightbus/core'
import type { TransportOptions } from '@lightbus/core/transport'
import { z } from 'zod'
import type { Whereabouts } from './broker.ts'

/** What happens, and for how many attempts handlers are to fail with it. */
export const facts = defineApi('chaos.facts', {
  events: { happened: event({ takesMs: z.number(), failures: z.number() }) },
})

/** What can be asked for: the number of the call comes back, after a while, unless it is to fail. */
export const work = defineApi('chaos.work', {
  procedures: {
    execute: procedure({ number: z.string(), takesMs: z.number(), fails: z.boolean() }, z.string()),
  },
})

export const serviceName = 'chaos'
/** The listeners; each is to handle every event. */
export const groups = ['billing', 'mailing'] as const
export const callTimeoutMs = 2_000

// Streams so short that they are trimmed all the time.
const commonOptions = {
  acknowledgement_timeout: 2,
  reclaim_interval: 0.5,
  consumption_restart_delay: 1,
  max_stream_length: 50,
  // Whoever has no dedup window stores an event anew each time that its fire is uncertain.
  max_unfinished_length: 10_000_000,
}

/** What the event transport of the run is told, besides where Redis is. */
export function eventOptions(whereabouts: Whereabouts, isDeduplicating = false): TransportOptions {
  return {
    ...sureOptions(whereabouts),
    ...commonOptions,
    ...(isDeduplicating ? { dedup_window: '10m' } : {}),
  }
}

function sureOptions({ place, waitReplicas }: Whereabouts): TransportOptions {
  return { ...place, ...(waitReplicas ? { wait_replicas: waitReplicas } : {}) }
}

/** A bus of the run: everything over one Redis, short leases, short timeouts. */
export function chaosBus(place: {
  readonly whereabouts: Whereabouts
  readonly processName: string
  readonly logPath: string
  /** Whether an event that is fired again with its id is stored once. */
  readonly isDeduplicating: boolean
}) {
  const { whereabouts, processName, logPath, isDeduplicating } = place
  const config: WrittenConfig = {
    bus: { shutdown_timeout: 5, schema: { transport: { redis: whereabouts.place } } },
    apis: {
      default: {
        rpc_timeout: `${callTimeoutMs}ms`,
        event_transport: { redis: eventOptions(whereabouts, isDeduplicating) },
        rpc_transport: { redis: sureOptions(whereabouts) },
        result_transport: { redis: whereabouts.place },
      },
    },
  }
  return createBus({ apis: [facts, work], config, serviceName, processName, log: logTo(logPath) })
}

export type ChaosBus = ReturnType<typeof chaosBus>

function logTo(path: string): Log {
  const write =
    (level: string) =>
    (given: object, message: string): void => {
      const told = Object.entries(given).map(([key, value]) => [
        key,
        value instanceof Error ? `${value}` : value,
      ])
      const line = { at: new Date(), level, message, ...Object.fromEntries(told) }
      appendFileSync(path, `${JSON.stringify(line)}\n`)
    }
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') }
}
