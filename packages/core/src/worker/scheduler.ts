import type { Log } from '../contracts/log.ts'
import { sleep } from '../util/abortable.ts'
import { backoffMs } from '../util/backoff.ts'
import type { Clock } from '../util/clock.ts'
import { linkedSignal } from '../util/linked-signal.ts'
import { claimTtlMs } from './held-claim.ts'
import type { BackgroundTask, Task, TimedTask } from './task.ts'
import type { Turn, Turns } from './turns.ts'

export interface SchedulerParts {
  readonly clock: Clock
  readonly log: Log
  /** Says which process of the service runs what only one may run; undefined when there is no such task. */
  readonly turns: Turns | undefined
}

/** Runs the tasks of this process. A failing run is logged; the next one comes as planned, and a background task is begun again. */
export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #cancels = new Map<Task, () => void>()

  constructor(parts: SchedulerParts) {
    this.#parts = parts
  }

  run(tasks: readonly Task[]): void {
    for (const task of tasks) {
      if (task.type === 'timed') this.#plan(task)
      else this.#track(this.#keepRunning(task))
    }
  }

  /** Starts nothing more, tells what runs to stop, and waits for it. */
  async drain(): Promise<void> {
    this.#stopping.abort()
    for (const cancel of this.#cancels.values()) cancel()
    await Promise.all(this.#running)
  }

  #plan(task: TimedTask): void {
    const due = task.due(this.#parts.clock.now())
    if (due !== undefined && !this.#stopping.signal.aborted) this.#wait(task, due)
  }

  #wait(task: TimedTask, due: number): void {
    const { clock } = this.#parts
    const start = (): void => {
      // Timers have a longest length, and a task may be due after it.
      if (clock.now() < due) return this.#wait(task, due)
      const running = this.#runDue(task, due)
      this.#track(running)
      if (task.overlap) this.#plan(task)
      else void running.then(() => this.#plan(task))
    }
    this.#cancels.set(task, clock.after(due - clock.now(), start))
  }

  async #runDue(task: TimedTask, due: number): Promise<void> {
    const turn = await this.#turn(task, (turns) => turns.forTime(task, due))
    if (turn) await this.#execute(task, turn)
  }

  async #keepRunning(task: BackgroundTask): Promise<void> {
    const { clock } = this.#parts
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted;) {
      const turn = await this.#turn(task, (turns) => turns.forAsLongAsItRuns(task.name))
      const began = clock.now()
      if (turn) await this.#execute(task, turn)
      failures = clock.now() - began > soundMs ? 1 : failures + 1
      const pauseMs = turn ? backoffMs(failures, restarts) : claimTtlMs / 6
      await sleep(clock, pauseMs, signal).catch(() => undefined)
    }
  }

  /** What is due for every process is always its turn; else the turns say. */
  async #turn(task: Task, ask: (turns: Turns) => Promise<Turn | undefined>): Promise<Turn | undefined> {
    const { turns, log } = this.#parts
    if (!task.isPerService || !turns) return {}
    try {
      return await ask(turns)
    } catch (err) {
      log.warn(
        { err, task: task.name },
        `Task "${task.name}" was not run, since it is not known whose turn it is`,
      )
      return undefined
    }
  }

  async #execute({ name, handler }: Task, { lost, release }: Turn): Promise<void> {
    const { log } = this.#parts
    const linked = linkedSignal([this.#stopping.signal, lost])
    try {
      await handler({ signal: linked.signal, log })
    } catch (err) {
      log.error({ err, task: name }, `Task "${name}" failed`)
    }
    linked.release()
    await release?.().catch((err: unknown) => log.warn({ err, task: name }, 'A claim could not be given up'))
  }

  #track(running: Promise<void>): void {
    const tracked = running.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }
}

/** The pauses before a background task is begun again; one that ran for longer than `soundMs` is not held to its earlier failures. */
const restarts = { baseMs: 1_000, maxMs: 60_000 }
const soundMs = 60_000
