import type { Next, Plugin } from './plugin.ts'

type Verb = 'fireEvent' | 'handleEvent' | 'callRpc' | 'serveRpc'

type Hook<Message, Outcome, About> = (
  message: Message,
  next: Next<Message, Outcome>,
  about: About,
) => Promise<Outcome>

/** The plugins of a bus, outermost first. */
export class PluginChain {
  readonly #plugins: readonly Plugin[]

  constructor(plugins: readonly Plugin[]) {
    this.#plugins = plugins.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
  }

  /** The names of headers that go from a message to what is fired and called while it is handled. */
  get carries(): readonly string[] {
    return this.#plugins.flatMap(({ carries = [] }) => carries)
  }

  get all(): readonly Plugin[] {
    return this.#plugins
  }

  /** Takes a message through every plugin that wraps the verb, and then to `last`. */
  through<Message, Outcome, About>(
    verb: Verb,
    message: Message,
    about: About,
    last: Next<Message, Outcome>,
  ): Promise<Outcome> {
    const hooks = this.#hooks<Message, Outcome, About>(verb)
    const from =
      (depth: number): Next<Message, Outcome> =>
      (passed) => {
        const hook = hooks[depth]
        return hook ? hook(passed, from(depth + 1), about) : last(passed)
      }
    return from(0)(message)
  }

  #hooks<Message, Outcome, About>(verb: Verb): readonly Hook<Message, Outcome, About>[] {
    return this.#plugins.flatMap((plugin) => {
      const hook = plugin[verb] as Hook<Message, Outcome, About> | undefined
      return hook ? [hook.bind(plugin)] : []
    })
  }
}
