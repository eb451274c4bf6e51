import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isBus } from '../bus/create-bus.ts'
import type { Bus } from '../bus/bus.ts'
import { busModuleUnusable } from '../errors/catalogue.ts'

/** A bus and the module that exports it. */
export interface LoadedBus {
  readonly bus: Bus
  readonly module: string
}

/** Imports bus modules and finds the buses that they export. Throws `BUS_CLI_MODULE_UNUSABLE`. */
export async function loadBusModules(given: readonly string[]): Promise<readonly LoadedBus[]> {
  const modules = given.length > 0 ? given : [defaultModule()]
  if (modules.some(isTypeScript)) await enableTypeScript()
  const loaded: LoadedBus[] = []
  for (const module of modules) loaded.push(...(await busesIn(module)))
  return loaded
}

const defaultNames = ['bus.ts', 'bus.js', 'bus.mjs']

/** The module that is meant where none is named, if there is one. */
export function findDefaultModule(): string | undefined {
  return process.env['LIGHTBUS_MODULE'] || defaultNames.find((name) => existsSync(name))
}

function defaultModule(): string {
  const found = findDefaultModule()
  if (found !== undefined) return found
  const cure = 'Name the module: lightbus run path/to/bus.ts, --bus or LIGHTBUS_MODULE.'
  throw busModuleUnusable({ module: './bus.ts', why: 'there is no such file here', cure })
}

const isTypeScript = (module: string): boolean => /\.[cm]?ts$/.test(module)

// tsx knows decorators and older Nodes; without it, Node's own type stripping has to do.
async function enableTypeScript(): Promise<void> {
  try {
    const { register } = await import('tsx/esm/api')
    register()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    if ('typescript' in process.features && process.features.typescript) return
    const cure = 'Run npm install --save-dev tsx, or compile the module and name the JavaScript file.'
    throw busModuleUnusable({
      module: '(TypeScript)',
      why: 'this Node cannot run TypeScript by itself',
      cure,
    })
  }
}

async function busesIn(module: string): Promise<readonly LoadedBus[]> {
  const path = resolve(module)
  if (!existsSync(path))
    throw busModuleUnusable({
      module,
      why: 'there is no such file',
      cure: 'Check the path; it is relative to the working directory.',
    })
  const exported = await importModule(module, path)
  const buses = [...new Set(Object.values(exported))].filter(isBus)
  if (buses.length > 0) return buses.map((bus) => ({ bus, module }))
  const cure = 'Export one: export const bus = createBus({ ... }).'
  throw busModuleUnusable({ module, why: 'it exports no bus', cure })
}

async function importModule(module: string, path: string): Promise<object> {
  try {
    return (await import(pathToFileURL(path).href)) as object
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const cure =
      'If it uses decorators: install tsx and set "experimentalDecorators": true in the tsconfig.json of the working directory, or compile it first.'
    throw busModuleUnusable({ module, why: error.message, cure })
  }
}
