import { createBus, tokens, type Api, type BusOptions, type Log } from '@lightbus/core'
import type {
  ApiSchema,
  ConsumeRequest,
  EventDelivery,
  EventSubscription,
  OutcomeStore,
  PlainOutcome,
  ResultMessage,
  RpcConsumer,
  RpcDelivery,
  RpcMessage,
  Transport,
  TransportModule,
} from '@lightbus/core/transport'
import { abortable, realClock, transportUnavailable, type Clock } from '@lightbus/core/transport'

/** What a test may want of the transport to be different. */
export interface Script {
  readonly idempotency?: boolean
  /** Rejects each open for as long as it says so. */
  readonly isAway?: () => boolean
  /** Until when it is not ready for results. */
  readonly ready?: () => Promise<void>
  /** Rejects each settling for as long as it says so. */
  readonly isDeaf?: () => boolean
  readonly store?: (schema: ApiSchema) => Promise<{ readonly replaced?: ApiSchema }>
  readonly load?: () => Promise<readonly ApiSchema[]>
}

/** The smallest broker that calls, results, schemas and one listener's events can travel through. */
export class ScriptedBroker {
  readonly calls: { readonly call: RpcMessage; readonly timeoutMs: number }[] = []
  readonly queues = new Map<string, RpcMessage[]>()
  readonly settled: string[] = []
  readonly events: EventDelivery[] = []
  /** The ids of calls whose results are no longer wanted. */
  readonly abandoned: string[] = []
  isOpen = false
  refreshed = 0
  held = 0
  readonly #script: Script
  readonly #waiting = new Map<string, (result: ResultMessage) => void>()
  readonly #outcomes = new Map<string, 'running' | PlainOutcome>()
  #wake: () => void = () => undefined

  constructor(script: Script = {}) {
    this.#script = script
  }

  get module(): TransportModule {
    const optionsSchema = { type: 'object', properties: {}, additionalProperties: false } as const
    return {
      name: 'scripted',
      event: {
        optionsSchema,
        create: () => ({
          ...this.#transport(),
          features: {},
          send: async (event) => {
            this.events.push({ attempt: 1, nativeId: `n-${event.id}`, receipt: event, event })
            this.#wake()
          },
          subscribe: async () => this.#subscription(),
        }),
      },
      rpc: {
        optionsSchema,
        create: () => ({
          ...this.#transport(),
          features: { idempotency: this.#script.idempotency ?? false },
          ...(this.#script.idempotency ? { outcomes: this.outcomes } : {}),
          send: async (call, { timeoutMs }) => {
            this.calls.push({ call, timeoutMs })
            this.#wake()
            return 'unsure'
          },
          cancel: async () => undefined,
          consume: async (request) => this.#consumer(request),
        }),
      },
      result: {
        optionsSchema,
        create: () => ({
          ...this.#transport(),
          expect: async (call) => {
            await this.#script.ready?.()
            return this.#pending(call.id)
          },
          send: async (result) => this.#waiting.get(result.callId)?.(result),
        }),
      },
      schema: {
        optionsSchema,
        create: () => ({
          ...this.#transport(),
          features: {},
          store: this.#script.store ?? (async () => ({})),
          load: this.#script.load ?? (async () => []),
        }),
      },
    }
  }

  /** A bus over this broker. */
  bus<const Apis extends readonly Api[]>(
    apis: Apis,
    more: BusOptions<Apis> & { readonly clock?: Clock } = {},
  ) {
    const selector = { scripted: {} }
    const { clock = realClock, ...options } = more
    return createBus({
      apis,
      logLevel: 'critical',
      transports: { scripted: this.module },
      config: {
        bus: { schema: { transport: selector } },
        apis: {
          default: { event_transport: selector, rpc_transport: selector, result_transport: selector },
        },
      },
      override: (container) => container.register(tokens.clock, { useValue: clock }),
      ...options,
    })
  }

  readonly outcomes: OutcomeStore = {
    claim: async (apiName, key) => {
      const known = this.#outcomes.get(`${apiName} ${key}`)
      if (known === undefined) this.#outcomes.set(`${apiName} ${key}`, 'running')
      return known ?? 'mine'
    },
    record: async (apiName, key, value) => void this.#outcomes.set(`${apiName} ${key}`, { value }),
    release: async (apiName, key) => void this.#outcomes.delete(`${apiName} ${key}`),
  }

  #transport(): Transport {
    return {
      name: 'scripted',
      address: 'nowhere',
      open: async () => {
        if (this.#script.isAway?.())
          throw transportUnavailable({ transport: 'scripted', address: 'nowhere', why: 'it is away' })
        this.isOpen = true
      },
      close: async () => {
        this.isOpen = false
      },
      health: async () => ({ isUp: true }),
    }
  }

  #consumer({ prefetch, apiNames }: ConsumeRequest): RpcConsumer {
    let held = 0
    const next = (): RpcDelivery | undefined => {
      if (held >= prefetch()) return undefined
      const at = this.calls.findIndex(({ call }) => apiNames.includes(call.apiName))
      const [sent] = at === -1 ? [] : this.calls.splice(at, 1)
      if (!sent) return undefined
      held += 1
      this.held += 1
      const done = (): void => {
        held -= 1
        this.held -= 1
        this.#wake()
      }
      return { call: sent.call, remainingMs: sent.timeoutMs, done }
    }
    return {
      calls: (signal) => this.#pull(next, signal),
      refresh: () => {
        this.refreshed += 1
        this.#wake()
      },
      close: async () => undefined,
    }
  }

  #subscription(): EventSubscription {
    const settle = (how: string) => async () => {
      if (this.#script.isDeaf?.())
        throw transportUnavailable({ transport: 'scripted', address: 'nowhere', why: 'deaf' })
      this.settled.push(how)
      return 'settled' as const
    }
    return {
      state: 'accepting',
      deliveries: (signal) => this.#pull(() => this.events.shift(), signal),
      refresh: () => undefined,
      acknowledge: settle('acknowledged'),
      giveBack: settle('given back'),
      deadLetter: settle('dead letter'),
      renew: settle('renewed'),
      close: async () => undefined,
    }
  }

  async *#pull<T>(next: () => T | undefined, signal: AbortSignal): AsyncGenerator<T> {
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!signal.aborted) {
      const item = next()
      if (item) yield item
      else await new Promise<void>((resolve) => this.#whenWoken(resolve))
    }
  }

  // Several loops may wait; whoever wakes them wakes all.
  #whenWoken(resolve: () => void): void {
    const others = this.#wake
    this.#wake = () => {
      this.#wake = () => undefined
      others()
      resolve()
    }
  }

  #pending(callId: string) {
    const promise = new Promise<ResultMessage>((resolve) => this.#waiting.set(callId, resolve))
    return {
      returnPath: 'here',
      receive: (signal?: AbortSignal) => abortable(promise, signal),
      abandon: () => {
        this.#waiting.delete(callId)
        this.abandoned.push(callId)
      },
    }
  }
}

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A log that keeps what is written to it. */
export function keptLog(): { readonly lines: Line[]; readonly log: Log } {
  const lines: Line[] = []
  const write =
    (level: Line['level']) =>
    (facts: object, message: string): void =>
      void lines.push({ level, message, facts: facts as Line['facts'] })
  return {
    lines,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
  }
}

/** Waits until the condition holds. */
export async function until(condition: () => boolean, what: string, deadlineMs = 5_000): Promise<void> {
  const giveUp = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > giveUp) throw new Error(`Waited for ${deadlineMs} ms in vain: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It was expected to be rejected, and was not')
}
