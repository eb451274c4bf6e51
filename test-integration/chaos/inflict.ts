import type { Broker } from './broker.ts'
import type { Crew } from './crew.ts'
import type { Fault } from './faults.ts'

export interface Victims {
  readonly broker: Broker
  readonly crew: Crew
  readonly placeOf: (worker: number) => string
}

/** Does it, and takes it back where it lasts; resolves when whoever was hit is on the way back. */
export function inflict({ broker, crew, placeOf }: Victims, fault: Fault): Promise<void> {
  switch (fault.type) {
    case 'kill':
      return crew.replace(placeOf(fault.worker), fault)
    case 'restart':
      return crew.restart(placeOf(fault.worker))
    case 'freeze':
      return crew.freeze(placeOf(fault.worker), fault.forMs)
    case 'cut':
      return broker.cut(fault)
    default:
      return broker.suffer(fault)
  }
}

/** The fault as a line of the run's output. */
export function describeFault(fault: Fault): string {
  switch (fault.type) {
    case 'kill':
      return `kill worker ${fault.worker}${fault.sameName ? ', same name again' : ''}`
    case 'restart':
      return `restart worker ${fault.worker}`
    case 'freeze':
      return `freeze worker ${fault.worker} for ${fault.forMs} ms`
    case 'cut':
      return `cut connections: ${fault.which}`
    case 'stall-server':
      return `stall the server for ${fault.forMs} ms`
    case 'fail-over':
      return 'kill the primary: a replica takes over'
    case 'kill-server':
      return `kill the server, back after ${fault.downMs} ms`
    case 'shut-down-server':
      return `shut the server down, back after ${fault.downMs} ms`
  }
}
