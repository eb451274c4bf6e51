import type { PluginContext } from '../../src/plugins/plugin.ts'
import { VirtualClock } from '../../src/util/virtual-clock.ts'
import { keptLog } from '../scripted-broker.ts'

export interface Fired {
  readonly event: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** What a bus would tell a plugin; `fire` keeps what is fired and ends as `outcome` says. */
export function pluginContext(outcome: () => Promise<void> = async () => undefined) {
  const fired: Fired[] = []
  const { log, lines } = keptLog()
  const clock = new VirtualClock()
  const context: PluginContext = {
    serviceName: 'shop',
    processName: 'p1',
    clock,
    log,
    fire: (event, parameters) => {
      fired.push({ event, parameters: parameters as Fired['parameters'] })
      return outcome()
    },
  }
  return { context, fired, clock, lines }
}
