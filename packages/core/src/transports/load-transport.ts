import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TransportKind, TransportModule } from '../contracts/transport-module.ts'
import { transportModuleInvalid, transportNotInstalled } from '../errors/catalogue.ts'

const shortNames: ReadonlyMap<string, string> = new Map([
  ['redis', '@lightbus/transport-redis'],
  ['memory', '@lightbus/transport-memory'],
])
const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']

/**
 * The module of a transport as the configuration names it: `redis`, `memory`, a package or a ./path. Looked for from
 * `directory`, then from this package, which finds what is installed beside it. Throws `BUS_TRANSPORT_NOT_INSTALLED`
 * and `BUS_TRANSPORT_MODULE_INVALID`; what the module itself throws while it is imported passes through.
 */
export async function loadTransport(name: string, directory: string): Promise<TransportModule> {
  // A package of that name is something else, and often there.
  if (name === 'debug')
    throw transportModuleInvalid({ module: name, why: 'it is a transport of Python alone; use memory' })
  const module = shortNames.get(name) ?? name
  const exported = await importModule(name, module, directory)
  return checkTransportModule(module, exported['transportModule'] ?? exported['default'])
}

type Exports = Readonly<Record<string, unknown>>

async function importModule(name: string, module: string, directory: string): Promise<Exports> {
  const file = resolveFrom(directory, module)
  if (file !== undefined) return (await import(pathToFileURL(file).href)) as Exports
  if (isPath(module)) {
    throw transportModuleInvalid({ module, why: `there is no such file in ${directory}` })
  }
  const url = resolveFromHere(module)
  if (url === undefined) throw transportNotInstalled({ transport: name, module })
  return (await import(url)) as Exports
}

/**
 * The file that `module` means in `directory`. Resolving and importing are two steps, so that a missing dependency of
 * the module is not mistaken for the module missing.
 */
function resolveFrom(directory: string, module: string): string | undefined {
  try {
    const file = createRequire(join(directory, 'x')).resolve(module)
    // Node's own modules are no files.
    return isAbsolute(file) ? file : undefined
  } catch {
    // Not there, or for `import` only, which require cannot resolve but resolveFromHere may.
    return undefined
  }
}

function resolveFromHere(module: string): string | undefined {
  try {
    return import.meta.resolve(module)
  } catch {
    return undefined
  }
}

function isPath(module: string): boolean {
  return /^\.{0,2}[/\\]/.test(module) || /^[A-Za-z]:[/\\]/.test(module)
}

/** The value as a transport module, as far as can be told without making a transport. Throws `BUS_TRANSPORT_MODULE_INVALID`. */
export function checkTransportModule(module: string, exported: unknown): TransportModule {
  const fail = (why: string): never => {
    throw transportModuleInvalid({ module, why })
  }
  if (!isObject(exported)) return fail('it exports no "transportModule" and has no default export')
  if (typeof exported['name'] !== 'string') fail('it has no name')
  const present = kinds.filter((kind) => exported[kind] !== undefined)
  if (present.length === 0) fail(`it makes no transport: it has none of ${kinds.join(', ')}`)
  for (const kind of present) {
    const factory = exported[kind]
    if (!isObject(factory) || typeof factory['create'] !== 'function') fail(`its "${kind}" has no create()`)
    else if (!isObject(factory['optionsSchema'])) fail(`its "${kind}" has no optionsSchema`)
  }
  // Checked above as far as it can be without making a transport.
  return exported as unknown as TransportModule
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
