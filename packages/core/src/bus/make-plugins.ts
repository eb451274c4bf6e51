import type { DependencyContainer } from 'tsyringe'
import { completePluginOptions } from '../config/plugin-options.ts'
import { pluginModuleInvalid } from '../errors/catalogue.ts'
import type { Plugin, PluginContext, PluginModule, PluginOptions } from '../plugins/plugin.ts'
import { logWith } from '../worker/handler-context.ts'
import { tokens } from './tokens.ts'

/** A plugin as a program gives it: itself, or its module and the options that the module's schema describes. */
export type GivenPlugin = Plugin | readonly [module: PluginModule, options?: PluginOptions]

/** Makes the plugins that the configuration enables, of their modules, then those that the program gives, each in the order they are named in. */
export function makePlugins(
  container: DependencyContainer,
  modules: ReadonlyMap<string, PluginModule>,
  given: readonly GivenPlugin[],
): readonly Plugin[] {
  const { serviceName, processName, plugins } = container.resolve(tokens.config)
  const context: PluginContext = {
    serviceName,
    processName,
    clock: container.resolve(tokens.clock),
    log: container.resolve(tokens.log),
    fire: (event, parameters) => container.resolve(tokens.pluginEvents).fire(event, parameters),
  }
  const configured = [...plugins].flatMap(([name, options]) => {
    const module = modules.get(name)
    return module ? [make(module, options, context)] : []
  })
  const inCode = given.map((plugin) => {
    if ('name' in plugin) return plugin
    const [module, options = {}] = plugin
    return make(module, completePluginOptions(module, options), context)
  })
  return [...configured, ...inCode]
}

function make(module: PluginModule, options: PluginOptions, context: PluginContext): Plugin {
  const log = logWith(context.log, { plugin: module.name })
  const plugin: Partial<Plugin> | undefined = module.create(options, { ...context, log })
  if (typeof plugin?.name !== 'string')
    throw pluginModuleInvalid({ module: module.name, why: 'its create() makes no plugin with a name' })
  return plugin as Plugin
}
