import { Cron } from 'croner'
import type { Log } from '../contracts/log.ts'
import { durationMs, type Duration } from '../util/duration.ts'

/** What a task is told. */
export interface TaskContext {
  /** Aborts when the worker stops, or when another process has taken over what only one may do. */
  readonly signal: AbortSignal
  readonly log: Log
}

export type TaskHandler = (context: TaskContext) => unknown

export interface TaskOptions {
  /** What it is called in logs, and by which the processes of a service know it: the function's name unless given. */
  readonly name?: string
  /** Whether every process runs it, or one of the service's at a time: `per-process` unless given. The other needs an event transport that can. */
  readonly once?: 'per-process' | 'per-service'
}

export interface TimedTaskOptions extends TaskOptions {
  /** Whether a run may begin while another goes on: not unless given. */
  readonly overlap?: boolean
}

export interface ScheduleOptions extends TimedTaskOptions {
  /** An IANA time zone, such as `Europe/Vienna`: the machine's unless given. */
  readonly timezone?: string
}

interface TaskBase {
  readonly name: string
  readonly handler: TaskHandler
  readonly isPerService: boolean
}

/** A task with times at which it is due. */
export interface TimedTask extends TaskBase {
  readonly type: 'timed'
  readonly overlap: boolean
  /** When it is due next, given the time it is now, in milliseconds since the epoch. */
  readonly due: (nowMs: number) => number | undefined
}

/** A task that runs for as long as the worker does. */
export interface BackgroundTask extends TaskBase {
  readonly type: 'background'
}

export type Task = TimedTask | BackgroundTask

/**
 * A task for every so often: counted from the end of its last run, or from its beginning where runs may overlap. Across a service it is
 * due at the multiples of the interval, so that all processes mean the same times.
 */
export function every(interval: Duration, handler: TaskHandler, options: TimedTaskOptions = {}): TimedTask {
  const ms = durationMs(interval)
  const base = taskBase(handler, options, `every ${String(interval)}`)
  const due = base.isPerService
    ? (nowMs: number) => (Math.floor(nowMs / ms) + 1) * ms
    : (nowMs: number) => nowMs + ms
  return { type: 'timed', ...base, overlap: options.overlap ?? false, due }
}

/** A task for the times of a cron pattern. */
export function onSchedule(pattern: string, handler: TaskHandler, options: ScheduleOptions = {}): TimedTask {
  const { timezone, overlap = false } = options
  const cron = new Cron(pattern, { paused: true, ...(timezone === undefined ? {} : { timezone }) })
  const due = (nowMs: number) => cron.nextRun(new Date(nowMs))?.getTime()
  return { type: 'timed', ...taskBase(handler, options, pattern), overlap, due }
}

/** A task that begins with the worker, and again whenever it has ended or failed. */
export function inBackground(handler: TaskHandler, options: TaskOptions = {}): BackgroundTask {
  return { type: 'background', ...taskBase(handler, options, 'background task') }
}

function taskBase(handler: TaskHandler, { name, once }: TaskOptions, otherwise: string): TaskBase {
  return { name: name ?? (handler.name || otherwise), handler, isPerService: once === 'per-service' }
}
