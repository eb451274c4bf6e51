import type { TransportKind, TransportModule } from '../contracts/transport-module.ts'
import { transportModuleInvalid, transportNotInstalled } from '../errors/catalogue.ts'
import { importNamed, isPath } from '../util/import-named.ts'

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
  const exported = await importNamed(module, directory)
  if (!exported && isPath(module))
    throw transportModuleInvalid({ module, why: `there is no such file in ${directory}` })
  if (!exported) throw transportNotInstalled({ transport: name, module })
  return checkTransportModule(module, exported['transportModule'] ?? exported['default'])
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
