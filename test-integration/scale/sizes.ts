/** How much of everything a run measures. */
export interface Plan {
  readonly pending: readonly number[]
  readonly listeners: readonly number[]
  readonly letters: readonly number[]
  /** How often each size comes by; what is told is the middle of what was measured. */
  readonly rounds: number
  /** How many events are timed one by one, and how many are handled as fast as it goes. */
  readonly timed: number
  readonly flood: number
  /** How many events of a dead process are taken over. */
  readonly takenOver: number
  /** For how long an idle process is watched. */
  readonly idleMs: number
}

export const fullPlan: Plan = {
  pending: [0, 10_000, 100_000, 1_000_000],
  listeners: [1, 100, 1_000],
  letters: [0, 1_000, 100_000],
  rounds: 3,
  timed: 500,
  flood: 5_000,
  takenOver: 1_500,
  idleMs: 10_000,
}

/** Shows that everything is measured; too small to tell what is flat. */
export const quickPlan: Plan = {
  pending: [0, 500, 2_500],
  listeners: [1, 10, 40],
  letters: [0, 100, 2_500],
  rounds: 1,
  timed: 50,
  flood: 200,
  takenOver: 100,
  idleMs: 500,
}
