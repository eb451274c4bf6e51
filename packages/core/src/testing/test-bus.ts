import type { Api } from '../api/define-api.ts'
import type { Bus } from '../bus/bus.ts'
import { createBus, type BusOptions } from '../bus/create-bus.ts'
import { tokens } from '../bus/tokens.ts'
import type { FireOptions } from '../client/fire-event.ts'
import type { TransportSelector, WrittenConfig } from '../config/config.ts'
import type { Log } from '../contracts/log.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { Duration } from '../util/duration.ts'
import { VirtualClock } from '../util/virtual-clock.ts'
import type { DeadLetterExpectation, HandlingExpectation, MessageExpectation } from './expectation.ts'
import { followTasks } from './follow-tasks.ts'
import { Heard } from './heard.ts'
import { Neighbours } from './neighbours.ts'
import { RunningTest } from './running-test.ts'
import type { SettleLimits } from './settle.ts'
import type { Stub } from './stubs.ts'
import { testConfig } from './test-config.ts'
import { privateTransport } from './private-transport.ts'
import type {
  EventAt,
  EventPathOf,
  Given,
  ProcedureAt,
  ProcedurePathOf,
  SentParameters,
} from './test-paths.ts'
import { realTime, virtualTime, type TestTime } from './test-time.ts'
import { Witness } from './witness.ts'

export interface TestBusOptions<Apis extends readonly Api[]> extends Pick<
  BusOptions<Apis>,
  'container' | 'payloads' | 'plugins' | 'serviceName' | 'transports'
> {
  /** The APIs of the service under test, and those that it uses. */
  readonly apis: Apis
  /** Serves and listens as the service under test does. What it does not serve is played by the test. */
  readonly setup?: (bus: Bus<NoInfer<Apis>>) => unknown
  /** The configuration of the service, its transports apart: a path, a URL, or itself. */
  readonly config?: string | WrittenConfig
  /** Over what the messages travel: what TEST_TRANSPORT names, `memory` or `redis`, and else memory, unless given. In a namespace of its own. */
  readonly transport?: TransportSelector
  /** The time of the test, or `real`: virtual from 2020 on in memory, and real over any other transport, unless given. */
  readonly clock?: VirtualClock | 'real'
  /** How long {@link TestBus.settle} waits, unless it is told otherwise. */
  readonly settle?: SettleLimits
  /** A log to see what goes on; nothing is logged unless given. */
  readonly log?: Log
}

/** A service under test on a bus of its own, and the test, which plays everybody else. */
export interface TestBus<Apis extends readonly Api[]> {
  /** The bus of the service. */
  readonly bus: Bus<Apis>
  /** The time of the bus, to be looked at and moved. Throws `BUS_TEST_CLOCK_REAL` over a real broker. */
  readonly clock: VirtualClock
  /** Says what a procedure answers whose API the service does not serve. Throws `BUS_TEST_API_SERVED` for one that it does. */
  rpc<Path extends ProcedurePathOf<Apis[number]>>(path: Path): Stub<ProcedureAt<Apis[number], Path>>
  /** Fires an event as its owner, whoever that is. */
  fire<Path extends EventPathOf<Apis[number]>>(
    path: Path,
    ...args: Given<SentParameters<EventAt<Apis[number], Path>>, FireOptions>
  ): Promise<EventMessage>
  /**
   * Resolves with the act's value when everything that it brought about is over: calls, events, their handlers, and virtual time jumps to
   * retries and delayed events. Rejects with what the act rejects with, with `BUS_TEST_CALL_UNEXPECTED` for a call that the test does not answer, with
   * `BUS_RPC_INVALID_RESULT` for an answer that does not fit, and with `BUS_TEST_UNSETTLED` when something does not end.
   */
  settle(): Promise<void>
  settle<T>(act: () => T | Promise<T>, limits?: SettleLimits): Promise<T>
  /** Lets time pass, with all that comes due on the way; over a real broker it is waited for. */
  advance(duration: Duration): Promise<void>
  /** What is expected of the events of a path that were fired, by whomever. */
  fired<Path extends EventPathOf<Apis[number]>>(
    path: Path,
  ): MessageExpectation<SentParameters<EventAt<Apis[number], Path>>>
  /** What is expected of the calls of a procedure, however they came out. */
  called<Path extends ProcedurePathOf<Apis[number]>>(
    path: Path,
  ): MessageExpectation<SentParameters<ProcedureAt<Apis[number], Path>>>
  /** What is expected of the events that a listener has handled with success. */
  handled(listenerName: string): HandlingExpectation
  /** What is expected of the events that had been given up when the bus settled last. */
  readonly deadLetters: DeadLetterExpectation
  /** Stops everything at once, whether it is over or not. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a service on a bus of its own for a test: in memory and in virtual time, with every message checked. */
export async function testBus<const Apis extends readonly Api[]>(
  options: TestBusOptions<Apis>,
): Promise<TestBus<Apis>> {
  const { apis, setup, log = silent } = options
  const transport = privateTransport(options.transport)
  const time = timeOf(transport, options.clock)
  const config = await testConfig(options.config ?? {}, transport)
  const witness = new Witness(time.clock)
  const bus = createBus({
    ...givenOf(options),
    apis,
    config,
    log,
    serviceName: options.serviceName ?? 'service',
    processName: 'under-test',
    features: ['rpcs', 'events', 'tasks'],
    plugins: [witness.plugin(), ...(options.plugins ?? [])],
    override: (parts) => {
      parts.register(tokens.clock, { useValue: time.clock })
      heard.over(parts.resolve(tokens.transports))
    },
  })
  const heard = new Heard(bus)
  followTasks(bus, witness)
  await setup?.(bus)
  const { serves } = await bus.start()
  const neighbours = new Neighbours({ apis: apis.filter(({ name }) => !serves.includes(name)), witness })
  const test = new RunningTest({ apis, bus, neighbours, heard, witness, time, limits: options.settle ?? {} })
  try {
    await neighbours.start({ ...givenOf(options), config: withoutPlugins(config), log, clock: time.clock })
  } catch (error) {
    await test.stop()
    throw error
  }
  // The class knows paths as texts; their types are those of the APIs.
  return test as unknown as TestBus<Apis>
}

function givenOf({ container, payloads, transports }: TestBusOptions<readonly Api[]>) {
  return {
    ...(container && { container }),
    ...(payloads && { payloads }),
    ...(transports && { transports }),
  }
}

// The plugins are those of the service under test.
function withoutPlugins(config: WrittenConfig): WrittenConfig {
  return { ...config, plugins: {} }
}

function timeOf(transport: TransportSelector, clock: VirtualClock | 'real' | undefined): TestTime {
  const isVirtual = clock !== 'real' && (clock !== undefined || 'memory' in transport)
  return isVirtual ? virtualTime(clock ?? new VirtualClock()) : realTime
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
