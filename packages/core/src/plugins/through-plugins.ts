import { pluginDuplicate } from '../errors/catalogue.ts'
import type { Next, Plugin } from './plugin.ts'

type Verb = 'fireEvent' | 'handleEvent' | 'callRpc' | 'serveRpc'

type Hook<Message, Outcome, About> = (
  message: Message,
  next: Next<Message, Outcome>,
  about: About,
) => Promise<Outcome>

type AnyHook = Hook<unknown, unknown, unknown>

/** The plugins of a bus, outermost first. */
export class PluginChain {
  readonly all: readonly Plugin[]
  /** The names of headers that go from a message to what is fired and called while it is handled. */
  readonly carries: readonly string[]
  readonly #hooks: Readonly<Record<Verb, readonly AnyHook[]>>

  /** Throws `BUS_PLUGIN_DUPLICATE`. */
  constructor(plugins: readonly Plugin[]) {
    const names = new Set<string>()
    for (const { name } of plugins) {
      if (names.has(name)) throw pluginDuplicate({ plugin: name })
      names.add(name)
    }
    this.all = plugins.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    this.carries = this.all.flatMap(({ carries = [] }) => carries)
    this.#hooks = {
      fireEvent: hooksOf(this.all, 'fireEvent'),
      handleEvent: hooksOf(this.all, 'handleEvent'),
      callRpc: hooksOf(this.all, 'callRpc'),
      serveRpc: hooksOf(this.all, 'serveRpc'),
    }
  }

  /** Whether any plugin wraps the verb. */
  wraps(verb: Verb): boolean {
    return this.#hooks[verb].length > 0
  }

  /** Takes a message through every plugin that wraps the verb, and then to `last`: straight there when none does. */
  through<Message, Outcome, About>(
    verb: Verb,
    message: Message,
    about: About,
    last: Next<Message, Outcome>,
  ): Promise<Outcome> {
    const hooks = this.#hooks[verb] as readonly Hook<Message, Outcome, About>[]
    if (hooks.length === 0) return last(message)
    const from =
      (depth: number): Next<Message, Outcome> =>
      (passed) => {
        const hook = hooks[depth]
        return promised(() => (hook ? hook(passed, from(depth + 1), about) : last(passed)))
      }
    return from(0)(message)
  }
}

/** Whatever an inner hook throws or returns is a promise to those around it; one that is there already is as good as another. */
function promised<Outcome>(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return Promise.resolve(act())
  } catch (error) {
    return Promise.reject(error)
  }
}

function hooksOf(plugins: readonly Plugin[], verb: Verb): readonly AnyHook[] {
  return plugins.flatMap((plugin) => {
    const hook = plugin[verb] as AnyHook | undefined
    return hook ? [hook.bind(plugin)] : []
  })
}
