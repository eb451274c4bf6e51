import type { Api, Procedures } from '../api/define-api.ts'
import type { CallOptions } from '../client/call-rpc.ts'
import type { BusPaths } from '../client/bus-path.ts'
import type { FireOptions } from '../client/fire-event.ts'
import type { ServiceOptions } from '../config/config.ts'
import type { ListenerOptions } from '../config/listener-config.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { Headers } from '../messages/plain-values.ts'
import type { Duration } from '../util/duration.ts'
import type { CallLimits } from '../worker/call-slots.ts'
import type { BusSchema } from './bus-schema.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { HandlerContext } from '../worker/handler-context.ts'
import type { ListenerLimits } from '../worker/listener.ts'
import type { StopReport } from '../worker/stop-report.ts'
import type { ScheduleOptions, TaskHandler, TaskOptions, TimedTaskOptions } from '../worker/task.ts'

/** How a listener listens. */
export interface ListenOptions extends ListenerOptions {
  /** With the service's name it names the group that shares the work; choose it once and keep it. */
  readonly listenerName: string
  /** Where a new group starts: with what is fired from now on unless given. */
  readonly since?: 'new' | 'beginning' | Date
}

/** A listener in the hands of the program that has asked for it. Everything counts at once, also while the bus runs. */
export interface ListenerControl {
  readonly listenerName: string
  /**
   * Resolves when nothing can be missed any more: for a listener that was there before the bus started, with its start. Rejects with the reason
   * when the listener could not begin; then it is not there any more.
   */
  readonly ready: Promise<void>
  /** Changes what is given, and leaves the rest. What runs goes on. Throws `BUS_CONCURRENCY_INVALID`. */
  limit(limits: ListenerLimits): void
  /** Begins nothing more; what this process has not begun goes to the others of the group. */
  pause(): void
  resume(): void
  /**
   * Resolves when what is in hand is done, or was aborted after `bus.shutdown_timeout`. The group stays and keeps its place; the name is free again.
   */
  stop(): Promise<void>
}

/** What is served, in the hands of the program that serves it. */
export interface ServerControl<A extends Api = Api> {
  /** Changes what is given, and leaves the rest, also while the bus runs. What runs goes on. Throws `BUS_CONCURRENCY_INVALID`. */
  limit(limits: ServeOptions<A>): void
}

/** How many calls of an API, and of single procedures of it, are executed at a time in this process: no limit of their own unless given. */
export type ServeOptions<A extends Api = Api> = CallLimits<keyof A['procedures'] & string>

/** What a started worker does, for people. */
export interface StartReport {
  readonly serviceName: string
  readonly processName: string
  readonly serves: readonly string[]
  readonly listens: readonly { readonly listenerName: string; readonly events: readonly string[] }[]
  readonly tasks: readonly string[]
  readonly transports: readonly string[]
  readonly readyMs: number
}

/** The bus without its paths: everything by name. */
export interface BusVerbs {
  /** Fires an event by name. Resolves when the broker has it; rejects with the reason when it has not. */
  fire(event: string, parameters?: object, options?: FireOptions): Promise<EventMessage>
  /** Calls a procedure by name. Resolves with its value, or rejects with a typed error within the timeout. */
  call(procedure: string, parameters?: object, options?: CallOptions): Promise<unknown>
  /** Runs an act with headers that go along with all that it fires and calls, and with what those bring about if they are among the carried ones. */
  carrying<T>(headers: Headers, act: () => T): T
  /** Listens for events by name, of several APIs too: from the start of the bus on, or at once when it runs. */
  listen(
    events: readonly string[],
    handler: (parameters: never, context: HandlerContext) => unknown,
    options: ListenOptions,
  ): ListenerControl
  /**
   * Serves an API: this process becomes authoritative for it, and may fire its events. An API without procedures needs no
   * implementation. A class is built by the container for each call.
   */
  serve<A extends Api>(api: A, ...implementation: ServeArguments<A>): ServerControl<A>
  /** Runs a task every so often, counted from the end of its last run. */
  every(interval: Duration, task: TaskHandler, options?: TimedTaskOptions): void
  /** Runs a task at the times of a cron pattern. */
  schedule(pattern: string, task: TaskHandler, options?: ScheduleOptions): void
  /** Runs a task for as long as the worker runs; begins it again, after a pause that grows, whenever it has ended or failed. */
  background(task: TaskHandler, options?: TaskOptions): void
  /**
   * Starts to listen, serve and run tasks; resolves when nothing can be missed any more. What is given here overrides all
   * other configuration.
   */
  start(overrides?: ServiceOptions): Promise<StartReport>
  /**
   * Drains what runs and closes all; with `force`, also while it drains already, aborts what runs. Tells what became of what was in hand.
   */
  stop(options?: { readonly force?: boolean }): Promise<StopReport>
  /** Reads the configuration now instead of at the first use; what is given here overrides all other configuration. */
  configure(overrides?: ServiceOptions): Promise<void>
  /** What the listeners of this bus have given up. */
  readonly deadLetters: DeadLetters
  /** The schemas that this process knows. */
  readonly schema: BusSchema
  /** Resolves when a started bus has stopped: with the error that made it stop, if one did. */
  readonly finished: Promise<unknown>
  [Symbol.asyncDispose](): Promise<void>
}

type ServeArguments<A extends Api> = [keyof A['procedures']] extends [never]
  ? []
  : [
      implementation:
        Procedures<A, HandlerContext> | (new (...args: never[]) => Procedures<A, HandlerContext>),
      options?: ServeOptions<A>,
    ]

/** A bus, typed from its APIs: `bus.auth.check_password(...)`, `bus.auth.user_registered.fire(...)`. */
export type Bus<Apis extends readonly Api[] = readonly []> = BusVerbs &
  BusPaths<Apis[number], ListenOptions, HandlerContext, ListenerControl>
