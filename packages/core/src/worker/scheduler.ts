import { Cron } from 'croner'
import type { Log } from '../contracts/log.ts'
import type { Clock } from '../util/clock.ts'
import { durationMs, type Duration } from '../util/duration.ts'

/** What a task is told: `signal` aborts when the worker stops. */
export interface TaskContext {
  readonly signal: AbortSignal
  readonly log: Log
}

export type TaskHandler = (context: TaskContext) => unknown

/** A task of this process: when it is due next, given the time it is now, in milliseconds since the epoch. */
export interface Task {
  readonly name: string
  readonly handler: TaskHandler
  readonly due: (nowMs: number) => number | undefined
}

/** A task for every so often, counted from the end of its last run. */
export function every(interval: Duration, handler: TaskHandler): Task {
  const ms = durationMs(interval)
  return { name: handler.name || `every ${String(interval)}`, handler, due: (nowMs) => nowMs + ms }
}

/** A task for the times of a cron pattern, in an IANA time zone or else the machine's. */
export function onSchedule(
  pattern: string,
  handler: TaskHandler,
  options: { readonly timezone?: string } = {},
): Task {
  const cron = new Cron(pattern, { paused: true, ...options })
  return {
    name: handler.name || pattern,
    handler,
    due: (nowMs) => cron.nextRun(new Date(nowMs))?.getTime(),
  }
}

/** Runs the tasks of this process; never two runs of one task at a time. A failing run is logged, and the next one comes as planned. */
export class Scheduler {
  readonly #clock: Clock
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #cancels = new Map<Task, () => void>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  run(tasks: readonly Task[]): void {
    for (const task of tasks) this.#plan(task)
  }

  /** Starts nothing more, tells what runs to stop, and waits for it. */
  async drain(): Promise<void> {
    this.#stopping.abort()
    for (const cancel of this.#cancels.values()) cancel()
    await Promise.all(this.#running)
  }

  #plan(task: Task): void {
    const due = task.due(this.#clock.now())
    if (due !== undefined && !this.#stopping.signal.aborted) this.#wait(task, due)
  }

  #wait(task: Task, due: number): void {
    const start = (): void => {
      // Timers have a longest length, and a task may be due after it.
      if (this.#clock.now() < due) return this.#wait(task, due)
      const running = this.#execute(task).finally(() => {
        this.#running.delete(running)
        this.#plan(task)
      })
      this.#running.add(running)
    }
    this.#cancels.set(task, this.#clock.after(due - this.#clock.now(), start))
  }

  async #execute({ name, handler }: Task): Promise<void> {
    try {
      await handler({ signal: this.#stopping.signal, log: this.#log })
    } catch (error) {
      this.#log.error({ err: error, task: name }, `Task "${name}" failed`)
    }
  }
}
