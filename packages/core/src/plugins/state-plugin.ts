import { defineApi, event } from '../api/define-api.ts'
import { durationMs, durationSchema, type Duration } from '../util/duration.ts'
import type { Plugin, PluginContext, PluginModule, Started } from './plugin.ts'

const worker = {
  service_name: {},
  process_name: {},
  metrics_enabled: {},
  api_names: {},
  listening_for: {},
  timestamp: {},
  ping_interval: {},
} as const

/** What workers tell of themselves, as Lightbus for Python defines it. */
export const stateApi = defineApi('internal.state', {
  events: {
    worker_started: event(worker),
    worker_ping: event(worker),
    worker_stopped: event({ process_name: {}, timestamp: {} }),
  },
})

/** Tells on `internal.state` that this worker has started, is there, and has stopped. Never in the way of the worker itself. */
export const statePlugin: PluginModule = {
  name: 'internal_state',
  optionsSchema: {
    type: 'object',
    properties: {
      ping_enabled: {
        type: 'boolean',
        default: true,
        description: 'Whether a worker tells that it is there.',
      },
      ping_interval: {
        ...durationSchema,
        exclusiveMinimum: 0,
        not: { type: 'string', pattern: '^[0.]+[a-z]+$' },
        default: 60,
        description: 'How often it does.',
      },
    },
    additionalProperties: false,
  },
  // The bus has checked the options against the schema above.
  create: (options, context) => new StatePlugin(options as unknown as StateOptions, context),
}

interface StateOptions {
  readonly ping_enabled: boolean
  readonly ping_interval: Duration
}

class StatePlugin implements Plugin {
  readonly name = statePlugin.name
  readonly apis = [stateApi]
  readonly #context: PluginContext
  readonly #isPinging: boolean
  readonly #pingMs: number
  #cancel: () => void = () => undefined
  #ping: Promise<void> | undefined

  constructor(options: StateOptions, context: PluginContext) {
    this.#context = context
    this.#isPinging = options.ping_enabled
    this.#pingMs = durationMs(options.ping_interval)
  }

  async start(started: Started): Promise<void> {
    await this.#tell('worker_started', this.#stateOf(started))
    if (this.#isPinging) this.#plan(started)
  }

  async stop(): Promise<void> {
    this.#cancel()
    // Whoever hears of the end hears nothing after it.
    await this.#ping
    await this.#tell('worker_stopped', { process_name: this.#context.processName })
  }

  // The next ping does not wait for this one, which is left out where the last is still on its way.
  #plan(started: Started): void {
    this.#cancel = this.#context.clock.after(this.#pingMs, () => {
      this.#plan(started)
      this.#ping ??= this.#tell('worker_ping', this.#stateOf(started)).finally(() => (this.#ping = undefined))
    })
  }

  #stateOf({ serves, listens, plugins }: Started): object {
    const { serviceName, processName } = this.#context
    return {
      service_name: serviceName,
      process_name: processName,
      metrics_enabled: plugins.includes('internal_metrics'),
      api_names: serves,
      listening_for: listens.flatMap(({ events }) => events),
      ping_interval: this.#pingMs / 1_000,
    }
  }

  async #tell(name: string, state: object): Promise<void> {
    const { clock, fire, log } = this.#context
    try {
      await fire(`${stateApi.name}.${name}`, { ...state, timestamp: clock.now() / 1_000 })
    } catch (err) {
      log.warn({ err, event: name }, 'The state of the worker could not be told')
    }
  }
}
