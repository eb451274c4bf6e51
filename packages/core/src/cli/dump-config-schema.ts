import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { pluginsIn, transportsIn } from '../config/complete-config.ts'
import { configSchema } from '../config/config-schema.ts'
import { loadConfig } from '../config/load-config.ts'
import type { TransportModule } from '../contracts/transport-module.ts'
import { isBusError } from '../errors/define-error.ts'
import { loadPlugin, ownPlugins } from '../plugins/load-plugin.ts'
import type { PluginModule } from '../plugins/plugin.ts'
import { loadTransport } from '../transports/load-transport.ts'

interface Options {
  readonly config?: string
  readonly out?: string
}

/** `lightbus dumpconfigschema`: the JSON Schema of the configuration file, for editors. */
export function dumpConfigSchemaCommand(): Command {
  return new Command('dumpconfigschema')
    .description(
      'Write the JSON Schema of the configuration file, with the options of transports and plugins',
    )
    .option('-o, --out <file>', 'where it is written (default: print it)')
    .option('--config <path>', 'a configuration whose transports and plugins are in it too')
    .action(dumpConfigSchema)
}

async function dumpConfigSchema({ config, out }: Options): Promise<void> {
  const { written, source, directory } = await loadConfig({ config }, process.env)
  const transports = new Map<string, TransportModule>()
  for (const name of new Set(['memory', 'redis', ...transportsIn(written, source)])) {
    const module = await loadTransport(name, directory).catch(unlessNotInstalled)
    if (module) transports.set(name, module)
  }
  const plugins = new Map<string, PluginModule>(ownPlugins)
  for (const name of pluginsIn(written)) plugins.set(name, await loadPlugin(name, directory))
  const text = JSON.stringify(configSchema(transports, plugins), undefined, 2)
  if (out === undefined) console.log(text)
  else await writeFile(out, `${text}\n`)
}

function unlessNotInstalled(error: unknown): undefined {
  if (!isBusError(error, 'BUS_TRANSPORT_NOT_INSTALLED')) throw error
}
