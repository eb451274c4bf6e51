import type { Api } from '../api/define-api.ts'
import type { Bus } from '../bus/bus.ts'
import { createBus, type BusOptions } from '../bus/create-bus.ts'
import { tokens } from '../bus/tokens.ts'
import type { WrittenConfig } from '../config/config.ts'
import type { Log } from '../contracts/log.ts'
import { testApiServed } from '../errors/test-errors.ts'
import { procedurePath } from '../messages/rpc-message.ts'
import type { Clock } from '../util/clock.ts'
import { Stubs, type Stub } from './stubs.ts'
import type { ProcedureDefinition } from '../api/define-api.ts'
import type { Witness } from './witness.ts'

export interface NeighboursParts {
  /** The APIs that the service under test does not serve. */
  readonly apis: readonly Api[]
  readonly witness: Witness
}

export interface NeighboursOptions extends Pick<
  BusOptions<readonly Api[]>,
  'container' | 'payloads' | 'transports'
> {
  readonly config: WrittenConfig
  readonly log: Log
  readonly clock: Clock
}

/** Everybody else, as the test plays them: a bus that owns all other APIs, and answers calls as the stubs say. */
export class Neighbours {
  readonly #parts: NeighboursParts
  readonly #stubs: Stubs
  #bus: Bus | undefined

  constructor(parts: NeighboursParts) {
    this.#parts = parts
    this.#stubs = new Stubs(parts.apis)
  }

  /** Their bus, if there is an API of theirs. */
  async start({ clock, ...options }: NeighboursOptions): Promise<void> {
    const { apis, witness } = this.#parts
    if (apis.length === 0) return
    const bus = createBus({
      ...options,
      apis,
      serviceName: 'neighbours',
      processName: 'played-by-the-test',
      features: ['rpcs'],
      plugins: [witness.plugin(), this.#stubs.plugin()],
      override: (parts) => parts.register(tokens.clock, { useValue: clock }),
    })
    for (const api of apis) bus.serve(api, this.#stubs.implementation(api))
    this.#bus = bus
    await bus.start()
  }

  /** Whether an API is theirs. */
  own({ name }: Api): boolean {
    return this.#parts.apis.some((api) => api.name === name)
  }

  /** What one of their procedures answers. Throws `BUS_TEST_API_SERVED` for a procedure of the service under test. */
  stub(api: Api, procedureName: string): Stub<ProcedureDefinition> {
    const procedure = procedurePath({ apiName: api.name, procedureName })
    if (!this.own(api)) throw testApiServed({ api: api.name, procedure })
    return this.#stubs.of(api.name, procedureName)
  }

  /** The bus that fires their events. */
  get bus(): Bus | undefined {
    return this.#bus
  }

  /** The first mistake in what the test plays, since it was asked for last. */
  takeMistake(): unknown {
    return this.#stubs.takeMistake()
  }

  async stop(): Promise<void> {
    await this.#bus?.stop({ force: true })
  }
}
