import type { StartReport } from '../bus/bus.ts'
import type { Feature, LogLevel } from '../config/config.ts'
import { optionInvalid } from '../errors/catalogue.ts'
import { loadBusModules, type LoadedBus } from './load-bus-modules.ts'

/** The options of `lightbus run`, as the command line gives them. */
export interface RunOptions {
  readonly bus?: string
  readonly config?: string
  readonly serviceName?: string
  readonly processName?: string
  readonly logLevel?: LogLevel
  readonly only?: string
  readonly skip?: string
}

/** Starts every bus, tells what it does, waits for a signal, drains. Sets the exit code: 1 when a worker stopped on a failure. */
export async function runBuses(modules: readonly string[], options: RunOptions): Promise<void> {
  const { config, serviceName, processName, logLevel } = options
  const features = featuresOf(options)
  const loaded = await loadBusModules([...(options.bus ? [options.bus] : []), ...modules])
  const stopping = stopOnSignals(loaded)
  try {
    for (const { bus, module } of loaded)
      console.log(banner(module, await bus.start({ config, serviceName, processName, logLevel, features })))
    const failure = await Promise.race(loaded.map(({ bus }) => bus.finished))
    if (failure !== undefined) process.exitCode = 1
  } catch (error) {
    if (!stopping.aborted) throw error
  } finally {
    await Promise.all(loaded.map(({ bus }) => bus.stop()))
  }
}

const allFeatures: readonly Feature[] = ['rpcs', 'events', 'tasks']

function featuresOf({ only, skip }: RunOptions): readonly Feature[] | undefined {
  if (only !== undefined) return listed('--only', only)
  if (skip === undefined) return undefined
  const skipped = listed('--skip', skip)
  return allFeatures.filter((feature) => !skipped.includes(feature))
}

function listed(option: string, text: string): readonly Feature[] {
  return text.split(',').map((name) => {
    const feature = allFeatures.find((known) => known === name.trim())
    if (!feature) throw optionInvalid({ option, given: name, allowed: allFeatures })
    return feature
  })
}

// The first signal drains, the second aborts what still runs.
function stopOnSignals(loaded: readonly LoadedBus[]): AbortSignal {
  const stopping = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    const force = stopping.signal.aborted
    stopping.abort()
    console.log(
      force ? `${signal} again: aborting what still runs` : `${signal}: draining; send it again to abort`,
    )
    for (const { bus } of loaded)
      bus.stop({ force }).catch((error: unknown) => {
        console.error(error)
        process.exitCode = 1
      })
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  return stopping.signal
}

function banner(module: string, report: StartReport): string {
  const { serviceName, processName, serves, listens, tasks, transports, readyMs } = report
  return [
    `${module}: service "${serviceName}", process "${processName}"`,
    `  serves   ${serves.join(', ') || '-'}`,
    ...(listens.length === 0 ? ['  listens  -'] : []),
    ...listens.map(({ listenerName, events }) => `  listens  ${events.join(', ')} (${listenerName})`),
    `  tasks    ${tasks.join(', ') || '-'}`,
    `  over     ${transports.join(', ')}`,
    `  ready in ${readyMs} ms`,
  ].join('\n')
}
