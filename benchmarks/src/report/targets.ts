import type { Wanted } from './wanted.ts'

/**
 * What Lightbus is to reach, with validation unless `of` names another subject: `atLeast` so many times as good, or `atMost`
 * so many times as costly, as a peer's fastest variant (`beside`) or as itself at another size (`from`). With neither, the
 * figure itself is meant. What has no limit is only told.
 */
export interface Target {
  readonly what: string
  readonly of: Wanted
  readonly beside?: string
  readonly from?: Wanted['at']
  readonly atLeast?: number
  readonly atMost?: number
}

const calls = (inFlight: number): Wanted => ({ case: 'rpc', at: { inFlight, bytes: 100 }, figure: 'calls' })
const call = (figure: string): Wanted => ({ case: 'rpc-latency', figure })
const fired: Wanted = { case: 'fire', at: { inFlight: 100, bytes: 100 }, figure: 'fired' }
const handled = (concurrency: number): Wanted => ({ case: 'handle', at: { concurrency }, figure: 'handled' })
const growing = (what: string, figure: string, at: NonNullable<Wanted['at']>): Wanted => ({
  case: `growth-${what}`,
  figure,
  at,
  subject: 'Lightbus',
})
const listeners = growing('listeners', 'time', { listeners: 1_000 })
const pending = growing('pending', 'handled', { pending: 1_000_000 })
const workers = (work: string): Wanted => growing('workers', 'calls', { workers: 2, work })

export const targets: readonly Target[] = [
  { what: 'Calls, 100 in flight', of: calls(100), beside: 'Moleculer', atLeast: 1.5 },
  { what: 'Calls, 100 in flight', of: calls(100), beside: 'NestJS microservices', atLeast: 1.8 },
  { what: 'Calls, 100 in flight', of: calls(100), beside: 'BullMQ', atLeast: 20 },
  { what: 'Calls, 100 in flight', of: calls(100), beside: 'plain ioredis', atLeast: 0.8 },
  { what: 'Calls, 500 in flight', of: calls(500), beside: 'Moleculer', atLeast: 2 },
  { what: 'A single call, p50', of: call('p50'), beside: 'Moleculer', atMost: 1 },
  { what: 'A single call, p99', of: call('p99'), beside: 'Moleculer', atMost: 2 },
  { what: 'Events fired, 100 in flight', of: fired, beside: 'plain ioredis', atLeast: 0.85 },
  { what: 'Events handled, concurrency 100', of: handled(100), beside: 'BullMQ', atLeast: 5 },
  { what: 'Events handled, concurrency 10', of: handled(10), beside: 'BullMQ' },
  { what: 'Events handled, concurrency 1', of: handled(1), beside: 'BullMQ' },
  { what: 'Events handled, concurrency 100', of: handled(100), beside: 'plain ioredis', atLeast: 0.5 },
  { what: 'Events handled, concurrency 10', of: handled(10), beside: 'plain ioredis' },
  { what: 'Events handled, concurrency 1', of: handled(1), beside: 'plain ioredis' },
  { what: 'Cost of an event, 1,000 listeners beside 1', of: listeners, from: { listeners: 1 }, atMost: 1.3 },
  { what: 'Cost of an event, a million pending beside none', of: pending, from: { pending: 0 }, atMost: 1.3 },
  {
    what: 'Two workers beside one, busy',
    of: workers('busy for 200 µs'),
    from: { workers: 1 },
    atLeast: 1.7,
  },
  {
    what: 'Two workers beside one, waiting',
    of: workers('waiting for 50 ms'),
    from: { workers: 1 },
    atLeast: 1.7,
  },
  { what: 'Commands at rest', of: { case: 'idle', figure: 'commands' }, atMost: 1 },
  { what: 'Connections at rest', of: { case: 'idle', figure: 'connections' }, atMost: 3 },
  {
    what: 'Validation, of the CPU of a call',
    of: { case: 'validation', figure: 'share', subject: 'Lightbus' },
    atMost: 25,
  },
  {
    what: 'Tracing without an SDK, of the CPU of a call',
    of: { case: 'tracing', figure: 'share', subject: 'Lightbus' },
    atMost: 2,
  },
]
