import { randomUUID } from 'node:crypto'
import type { ClaimStore } from '../contracts/stores.ts'
import type { Log } from '../contracts/log.ts'
import type { Clock } from '../util/clock.ts'
import { transportFeatureAbsent } from '../errors/catalogue.ts'
import type { EventTransport } from '../contracts/event-transport.ts'
import type { Task, TimedTask } from './task.ts'
import { holdClaim, type HeldClaim } from './held-claim.ts'

export interface TurnsParts {
  readonly claims: ClaimStore
  readonly clock: Clock
  readonly log: Log
  readonly serviceName: string
}

/** A turn, with the claim that it rests on if it needs one. */
export type Turn = Partial<HeldClaim>

/** Whose turn it is, among the processes of a service, to run a task. */
export class Turns {
  readonly #parts: TurnsParts
  readonly #owner = randomUUID()

  constructor(parts: TurnsParts) {
    this.#parts = parts
  }

  /** The turn for a time at which a task is due, unless another process has had it, or the task still runs and may not overlap. */
  async forTime({ name, overlap }: TimedTask, dueAtMs: number): Promise<Turn | undefined> {
    const turn: Turn | undefined = overlap ? {} : await this.forAsLongAsItRuns(name)
    if (!turn) return undefined
    const key = `${this.#key(name)}:${dueAtMs}`
    if (await this.#parts.claims.claim(key, this.#owner, { ttlMs: dueTtlMs })) return turn
    await turn.release?.()
    return undefined
  }

  /** The turn to run a task until it is given up. */
  forAsLongAsItRuns(task: string): Promise<HeldClaim | undefined> {
    const { claims, clock, log } = this.#parts
    const trouble = (err: unknown): void => log.warn({ err, task }, 'A claim could not be kept')
    return holdClaim({ claims, clock, trouble }, this.#key(task), this.#owner)
  }

  #key(task: string): string {
    return `task:${this.#parts.serviceName}:${task}`
  }
}

/** The turns of the tasks that only one process of the service runs; undefined when there is none. Throws when the transport has no claims. */
export async function turnsOf(
  tasks: readonly Task[],
  open: () => Promise<EventTransport>,
  parts: Omit<TurnsParts, 'claims'>,
): Promise<Turns | undefined> {
  const shared = tasks.find(({ isPerService }) => isPerService)
  if (!shared) return undefined
  const { name, claims } = await open()
  if (claims) return new Turns({ ...parts, claims })
  throw transportFeatureAbsent({
    transport: name,
    feature: 'claims',
    wanted: `The task "${shared.name}", which is to run once per service,`,
  })
}

// Longer than the clocks of a service's processes are apart.
const dueTtlMs = 60 * 60 * 1_000
