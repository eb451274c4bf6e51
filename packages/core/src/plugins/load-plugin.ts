import { pluginModuleInvalid, pluginNotInstalled } from '../errors/catalogue.ts'
import { importNamed, isPath } from '../util/import-named.ts'
import { nearest } from '../util/nearest.ts'
import { metricsPlugin } from './metrics-plugin.ts'
import type { PluginModule } from './plugin.ts'
import { statePlugin } from './state-plugin.ts'

/** The plugins that come with the bus, by the names that Lightbus has for them. */
export const ownPlugins: ReadonlyMap<string, PluginModule> = new Map(
  [statePlugin, metricsPlugin].map((module) => [module.name, module]),
)

/**
 * The module of a plugin as the configuration names it: one of our own, a package or a ./path, looked for from `directory`. Throws
 * `BUS_PLUGIN_NOT_INSTALLED` and `BUS_PLUGIN_MODULE_INVALID`; what the module itself throws while it is imported passes through.
 */
export async function loadPlugin(name: string, directory: string): Promise<PluginModule> {
  const own = ownPlugins.get(name)
  if (own) return own
  const exported = await importNamed(name, directory)
  if (!exported && isPath(name))
    throw pluginModuleInvalid({ module: name, why: `there is no such file in ${directory}` })
  if (!exported) throw pluginNotInstalled({ plugin: name, nearest: nearest(name, ownPlugins.keys()) })
  return checkPluginModule(name, exported['pluginModule'] ?? exported['default'])
}

function checkPluginModule(module: string, exported: unknown): PluginModule {
  const fail = (why: string): never => {
    throw pluginModuleInvalid({ module, why })
  }
  if (!isObject(exported)) return fail('it exports no "pluginModule" and has no default export')
  if (typeof exported['name'] !== 'string') fail('it has no name')
  if (!isObject(exported['optionsSchema'])) fail('it has no optionsSchema')
  if (typeof exported['create'] !== 'function') fail('it has no create()')
  // Checked above as far as it can be without making a plugin.
  return exported as unknown as PluginModule
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
