import { setTimeout as sleep } from 'node:timers/promises'
import type { Crew } from './crew.ts'
import type { Fault } from './faults.ts'
import type { RedisServer } from './redis-server.ts'

export interface Victims {
  readonly server: RedisServer
  readonly crew: Crew
  readonly placeOf: (worker: number) => string
}

/** Does it, and takes it back where it lasts; resolves when whoever was hit is on the way back. */
export async function inflict({ server, crew, placeOf }: Victims, fault: Fault): Promise<void> {
  switch (fault.type) {
    case 'kill':
      return crew.replace(placeOf(fault.worker), fault)
    case 'restart':
      return crew.restart(placeOf(fault.worker))
    case 'freeze':
      return crew.freeze(placeOf(fault.worker), fault.forMs)
    case 'cut':
      return void (await server.cut(fault.which, fault.pick))
    case 'kill-server':
      await server.kill()
      await sleep(fault.downMs)
      return server.start()
    case 'shut-down-server':
      await server.shutDown()
      await sleep(fault.downMs)
      return server.start()
    case 'stall-server':
      server.freeze()
      await sleep(fault.forMs)
      return server.thaw()
  }
}

/** The fault as a line of the run's output. */
export function describeFault(fault: Fault): string {
  if (fault.type === 'kill') return `kill worker ${fault.worker}${fault.sameName ? ', same name again' : ''}`
  if (fault.type === 'restart') return `restart worker ${fault.worker}`
  if (fault.type === 'freeze') return `freeze worker ${fault.worker} for ${fault.forMs} ms`
  if (fault.type === 'cut') return `cut connections: ${fault.which}`
  if (fault.type === 'stall-server') return `stall the server for ${fault.forMs} ms`
  const how = fault.type === 'kill-server' ? 'kill the server' : 'shut the server down'
  return `${how}, back after ${fault.downMs} ms`
}
