import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transportsIn } from '../../src/config/complete-config.ts'
import type { Config, ServiceOptions } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { resolveConfig } from '../../src/config/resolve-config.ts'
import type { TransportFactory, TransportModule } from '../../src/contracts/transport-module.ts'
import { BusError } from '../../src/errors/define-error.ts'

/** A transport of every kind whose options are like those of a broker; it can be configured, not opened. */
export function moduleNamed(name: string): TransportModule {
  const factory: TransportFactory<never> = {
    optionsSchema: {
      type: 'object',
      properties: {
        url: { type: 'string', default: 'redis://127.0.0.1:6379/0' },
        batch_size: { type: 'integer', minimum: 1, default: 10 },
        stream_use: { enum: ['per_api', 'per_event'], default: 'per_api' },
      },
      additionalProperties: false,
    },
    create: () => {
      throw new Error('not meant to be made')
    },
  }
  return { name, event: factory, rpc: factory, result: factory, schema: factory }
}

export async function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'lightbus-config-'))
}

/** Writes a file into a directory of its own; the answer is its path. */
export async function fileWith(text: string, name = 'lightbus.yaml'): Promise<string> {
  const path = join(await newDirectory(), name)
  await writeFile(path, text)
  return path
}

/** From the options to the checked configuration, as the bus goes; the environment is empty unless given. */
export async function configFrom(options: ServiceOptions, environment = {}): Promise<Config> {
  const loaded = await loadConfig(options, environment)
  const names = transportsIn(loaded.written, loaded.source)
  return resolveConfig(loaded, new Map(names.map((name) => [name, moduleNamed(name)])))
}

/** The error of Lightbus that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<BusError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof BusError) return error
  throw new Error(`expected an error of Lightbus, got ${String(error)}`)
}

/** The lines of the one BUS_CONFIG_INVALID that a configuration file leads to. */
export async function problemsOf(text: string, environment = {}): Promise<readonly string[]> {
  const error = await errorOf(configFrom({ config: await fileWith(text) }, environment))
  if (error.code !== 'BUS_CONFIG_INVALID') throw error
  return (error.facts as { readonly problems: readonly string[] }).problems
}
