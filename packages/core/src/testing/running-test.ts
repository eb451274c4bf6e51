import type { Api, ProcedureDefinition } from '../api/define-api.ts'
import type { BusVerbs } from '../bus/bus.ts'
import type { FireOptions } from '../client/fire-event.ts'
import { listenerUnknown } from '../errors/catalogue.ts'
import { eventPath, type EventMessage } from '../messages/event-message.ts'
import { durationMs, type Duration } from '../util/duration.ts'
import { nearest } from '../util/nearest.ts'
import type { VirtualClock } from '../util/virtual-clock.ts'
import { Expectation } from './expectation.ts'
import type { Heard } from './heard.ts'
import type { Neighbours } from './neighbours.ts'
import { atRest, begin, calm, type SettleLimits, type SettleParts } from './settle.ts'
import type { Sighting } from './sighting.ts'
import type { Stub } from './stubs.ts'
import { apiOfEvent, apiOfProcedure } from './test-paths.ts'
import type { TestTime } from './test-time.ts'
import type { Witness } from './witness.ts'

export interface RunningTestParts {
  readonly apis: readonly Api[]
  readonly bus: BusVerbs
  readonly neighbours: Neighbours
  readonly heard: Heard
  readonly witness: Witness
  readonly time: TestTime
  readonly limits: SettleLimits
}

/** A test while its service runs, with paths as texts. */
export class RunningTest {
  readonly bus: BusVerbs
  readonly #parts: RunningTestParts
  readonly #settling: SettleParts
  #letters: readonly Sighting[] = []
  #stopped: { readonly failure: unknown } | undefined

  constructor(parts: RunningTestParts) {
    const { bus, witness, time, heard } = parts
    this.#parts = parts
    this.bus = bus
    this.#settling = {
      witness,
      time,
      isHeard: (path) => heard.isHeard(path),
      waiting: () => heard.waiting(),
      stopped: () => this.#stopped,
    }
    void bus.finished.then((failure) => (this.#stopped = { failure }))
  }

  get clock(): VirtualClock {
    return this.#parts.time.virtual
  }

  rpc(path: string): Stub<ProcedureDefinition> {
    const { api, procedureName } = apiOfProcedure(this.#parts.apis, path)
    return this.#parts.neighbours.stub(api, procedureName)
  }

  async fire(path: string, parameters?: object, options?: FireOptions): Promise<EventMessage> {
    const { apis, bus, neighbours } = this.#parts
    const owner = neighbours.own(apiOfEvent(apis, path)) ? (neighbours.bus ?? bus) : bus
    return owner.fire(path, parameters, options)
  }

  async settle<T>(act?: () => T | Promise<T>, limits?: SettleLimits): Promise<T | undefined> {
    const begun = begin<T | undefined>(act ?? (() => undefined))
    const rested = await this.#rest(begun, limits)
    const mistake = this.#parts.neighbours.takeMistake()
    if (mistake !== undefined) throw mistake
    if (begun.outcome && 'error' in begun.outcome) throw begun.outcome.error
    if (!rested.isAtRest) throw rested.why
    return begun.outcome?.value
  }

  async advance(duration: Duration): Promise<void> {
    await this.#parts.time.pass(durationMs(duration), () => calm(this.#parts))
  }

  fired(path: string): Expectation {
    apiOfEvent(this.#parts.apis, path)
    const { fired } = this.#parts.witness
    return expectation(`${path} to have been fired`, 'was fired', {
      seen: fired.filter((one) => one.path === path),
      all: fired,
    })
  }

  called(path: string): Expectation {
    apiOfProcedure(this.#parts.apis, path)
    const { called } = this.#parts.witness
    return expectation(`${path} to have been called`, 'was called', {
      seen: called.filter((one) => one.path === path),
      all: called,
    })
  }

  handled(listenerName: string): Expectation {
    const { heard, witness } = this.#parts
    const names = heard.listenerNames
    if (!names.includes(listenerName))
      throw listenerUnknown({ listener: listenerName, nearest: nearest(listenerName, names) })
    return expectation(`the listener "${listenerName}" to have handled events`, 'did', {
      seen: witness.handled.filter((one) => one.listenerName === listenerName),
      all: [...witness.handled, ...witness.failed],
    })
  }

  get deadLetters(): Expectation {
    const { failed } = this.#parts.witness
    return expectation('events to have been given up', 'happened', { seen: this.#letters, all: failed })
  }

  /** By force: what is not over must not hold up the test, nor wait for a time that does not come. */
  async stop(): Promise<void> {
    const { bus, neighbours } = this.#parts
    await Promise.all([bus.stop({ force: true }), neighbours.stop()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #rest(act: ReturnType<typeof begin>, limits: SettleLimits = {}) {
    try {
      await atRest(this.#settling, act, { ...this.#parts.limits, ...limits })
      await this.#readLetters()
      return { isAtRest: true } as const
    } catch (why) {
      // The reason is told, whether the dead letters can be read or not.
      await this.#readLetters().catch(() => undefined)
      return { isAtRest: false, why } as const
    }
  }

  async #readLetters(): Promise<void> {
    // What has stopped has let go of its transports.
    if (!this.#stopped) this.#letters = await this.#lettersNow()
  }

  async #lettersNow(): Promise<readonly Sighting[]> {
    const letters: Sighting[] = []
    for (const listenerName of this.#parts.heard.listenerNames)
      for await (const { event, reason, nativeId } of this.bus.deadLetters.list(listenerName)) {
        const { code, message, attempts: attempt } = reason
        letters.push({
          path: event ? eventPath(event) : 'what cannot be read',
          id: event?.id ?? nativeId,
          parameters: event?.parameters ?? {},
          headers: event?.headers ?? {},
          listenerName,
          attempt,
          code,
          message,
        })
      }
    return letters
  }
}

function expectation(
  expected: string,
  happened: string,
  { seen, all }: { readonly seen: readonly Sighting[]; readonly all: readonly Sighting[] },
): Expectation {
  return new Expectation({ expected, happened, all }, seen)
}
