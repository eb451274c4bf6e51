import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export type ServiceFolder = 'shop' | 'image' | 'price-monitor'

export interface ServiceProcess {
  /** Asks the worker to finish what it does; resolves when the process is gone. */
  stop(): Promise<void>
  /** Ends the worker without warning, as a crash would. */
  kill(): Promise<void>
}

// The command beside the package's door: the built one, or the source when this file runs from source.
const door = import.meta.resolve('@lightbus/core')
const command = fileURLToPath(new URL(`./cli/lightbus${extname(door)}`, door))

/** A worker process of its own for one service: `lightbus run`, with the configuration that LIGHTBUS_CONFIG names. */
export function startProcess(folder: ServiceFolder): ServiceProcess {
  const busModule = fileURLToPath(new URL(`./${folder}/bus${extname(import.meta.url)}`, import.meta.url))
  const serviceName = folder.replace('-', '_')
  const argv = [...process.execArgv, command, 'run', busModule]
  // A process that comes back under the same name takes up at once what it left unfinished.
  argv.push('--config', process.env['LIGHTBUS_CONFIG'] ?? '')
  argv.push('--service-name', serviceName, '--process-name', `${serviceName}_1`)
  const worker = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (worker.exitCode !== null || worker.signalCode !== null) return
    const gone = once(worker, 'exit')
    worker.kill(signal)
    await gone
  }
  return { stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}
