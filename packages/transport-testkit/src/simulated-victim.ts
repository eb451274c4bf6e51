import type { Simulation } from './harness.ts'
import type { Process } from './process.ts'
import { VictimWork } from './victim-work.ts'
import type { Victim } from './victim.ts'

/** A process in this one, whose end is simulated by the transport. */
export class SimulatedVictim extends VictimWork implements Victim {
  readonly #simulation: Simulation
  readonly #name: string

  constructor(process: Process, simulation: Simulation) {
    super(process)
    this.#name = process.name
    this.#simulation = simulation
  }

  async freeze(): Promise<void> {
    this.#simulation.freeze(this.#name)
  }

  async thaw(): Promise<void> {
    this.#simulation.thaw(this.#name)
  }

  async kill(): Promise<void> {
    this.#simulation.crash(this.#name)
  }
}
