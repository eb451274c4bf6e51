import type { Log } from '../contracts/log.ts'
import type { Plugin, Started } from '../plugins/plugin.ts'
import type { PluginChain } from '../plugins/through-plugins.ts'

/** The plugins that have been started, and so are to be stopped: the last one first. */
export class StartedPlugins {
  readonly #plugins: PluginChain
  readonly #log: Log
  readonly #started: Plugin[] = []

  constructor(plugins: PluginChain, log: Log) {
    this.#plugins = plugins
    this.#log = log
  }

  /** Rejects with what the first plugin that cannot start rejects with. */
  async start(worker: Omit<Started, 'plugins'>): Promise<void> {
    const started = { ...worker, plugins: this.#plugins.all.map(({ name }) => name) }
    for (const plugin of this.#plugins.all) {
      await plugin.start?.(started)
      this.#started.push(plugin)
    }
  }

  /** Stops all that were started, whatever fails. */
  async stop(): Promise<void> {
    for (const plugin of this.#started.splice(0).reverse())
      await Promise.resolve(plugin.stop?.()).catch((err: unknown) =>
        this.#log.warn({ err, plugin: plugin.name }, 'A plugin could not be stopped'),
      )
  }
}
