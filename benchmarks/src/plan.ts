import type { Work } from './processes/lightbus-actor.ts'

/** What keeps workers from answering at once, and how many calls it takes to keep them all at it. */
export interface WorkersWork {
  readonly name: string
  readonly does: Work
  readonly inFlight: number
}

// A worker executes a hundred calls at a time: of those that wait so long, two thousand by the second.
const waiting: WorkersWork = { name: 'waiting for 50 ms', does: { waitMs: 50 }, inFlight: 800 }

/** How much of everything a run measures. Times are in milliseconds. */
export interface Plan {
  /** How often each comes by. */
  readonly rounds: number
  /** Likewise of what takes long to set up. */
  readonly growthRounds: number
  /** Likewise of Python, which takes more time for everything. */
  readonly pythonRounds: number
  /** For how long a load is kept up by new processes, then before each that counts, and then while it counts. */
  readonly newMs: number
  readonly warmUpMs: number
  readonly loadMs: number
  /** How many calls are in flight at a time. */
  readonly inFlight: readonly number[]
  /** The sizes of what else is called with. */
  readonly callBytes: readonly number[]
  /** How many handlers run at a time. */
  readonly concurrencies: readonly number[]
  /** How many events are handled to know how many it takes, by new processes and then at each concurrency; and for how long about those that count. */
  readonly newEvents: number
  readonly triedEvents: number
  readonly backlogMs: number
  readonly idleMs: number
  /** How often those take turns that are compared for small differences. */
  readonly turns: number
  readonly heldCalls: number
  /** For how long an idle process is left alone before it is watched. */
  readonly calmMs: number
  readonly listeners: readonly number[]
  readonly apis: readonly number[]
  readonly pending: readonly number[]
  readonly payloads: readonly number[]
  readonly workers: readonly number[]
  readonly works: readonly WorkersWork[]
  /** How many events a growth is measured with. */
  readonly growthEvents: number
}

export const fullPlan: Plan = {
  rounds: 3,
  growthRounds: 2,
  pythonRounds: 2,
  newMs: 3_000,
  warmUpMs: 150,
  loadMs: 500,
  inFlight: [10, 100, 500, 5_000],
  callBytes: [1_000, 10_000],
  concurrencies: [100, 10, 1],
  newEvents: 3_000,
  triedEvents: 1_000,
  backlogMs: 700,
  idleMs: 10_000,
  turns: 8,
  calmMs: 1_000,
  heldCalls: 10_000,
  listeners: [1, 10, 100, 1_000],
  apis: [1, 20, 200],
  pending: [0, 10_000, 100_000, 1_000_000],
  payloads: [100, 1_000, 10_000, 100_000],
  workers: [1, 2, 4],
  works: [
    { name: 'busy for 200 µs', does: { busyUs: 200 }, inFlight: 200 },
    { name: 'busy for 2 ms', does: { busyUs: 2_000 }, inFlight: 200 },
    waiting,
  ],
  growthEvents: 30_000,
}

/** Shows that everything is measured; too short to tell who is faster. */
export const quickPlan: Plan = {
  rounds: 1,
  growthRounds: 1,
  pythonRounds: 1,
  newMs: 50,
  warmUpMs: 20,
  loadMs: 100,
  inFlight: [10, 100],
  callBytes: [1_000],
  concurrencies: [10],
  newEvents: 100,
  triedEvents: 50,
  backlogMs: 100,
  idleMs: 500,
  turns: 1,
  calmMs: 200,
  heldCalls: 1_000,
  listeners: [1, 100],
  apis: [1, 20],
  pending: [0, 10_000],
  payloads: [100, 10_000],
  workers: [1, 2],
  works: [waiting],
  growthEvents: 1_000,
}
