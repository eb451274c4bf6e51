import { defineApi, event } from '../api/define-api.ts'
import {
  callBusy,
  parametersInvalid,
  procedureUnknown,
  remoteFailure,
  resultInvalid,
} from '../errors/catalogue.ts'
import { isBusError } from '../errors/define-error.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import type { RpcMessage, UnaddressedCall } from '../messages/rpc-message.ts'
import type { Next, Plugin, PluginContext, PluginModule } from './plugin.ts'

const process = { service_name: {}, process_name: {} } as const
const call = { ...process, id: {}, api_name: {}, procedure_name: {} } as const
const timestamp = { timestamp: {} } as const
const aboutEvent = event({
  ...process,
  event_id: {},
  api_name: {},
  event_name: {},
  kwargs: {},
  ...timestamp,
})

/** What becomes of each message, as Lightbus for Python defines it. */
export const metricsApi = defineApi('internal.metrics', {
  events: {
    rpc_call_sent: event({ ...call, kwargs: {}, ...timestamp }),
    rpc_call_received: event({ ...call, ...timestamp }),
    rpc_response_sent: event({ ...call, result: {}, ...timestamp }),
    rpc_response_received: event({ ...call, ...timestamp }),
    event_fired: aboutEvent,
    event_received: aboutEvent,
    event_processed: aboutEvent,
  },
})

/** Tells on `internal.metrics` of every event and call that passes through this process. No message waits or fails for it. */
export const metricsPlugin: PluginModule = {
  name: 'internal_metrics',
  optionsSchema: { type: 'object', properties: {}, additionalProperties: false },
  create: (_, context) => new MetricsPlugin(context),
}

/** Further metrics are dropped while so many are on their way. */
const mostUnsent = 10_000

class MetricsPlugin implements Plugin {
  readonly name = metricsPlugin.name
  readonly apis = [metricsApi]
  readonly #context: PluginContext
  #unsent = 0
  #isLosing = false

  constructor(context: PluginContext) {
    this.#context = context
  }

  async fireEvent(message: EventMessage, next: Next<EventMessage, void>): Promise<void> {
    await next(message)
    this.#tellOfEvent('event_fired', message)
  }

  async handleEvent(message: EventMessage, next: Next<EventMessage, void>): Promise<void> {
    this.#tellOfEvent('event_received', message)
    await next(message)
    this.#tellOfEvent('event_processed', message)
  }

  async callRpc(message: UnaddressedCall, next: Next<UnaddressedCall, PlainValue>): Promise<PlainValue> {
    this.#tellOfCall('rpc_call_sent', message, { kwargs: message.parameters })
    try {
      const value = await next(message)
      this.#tellOfCall('rpc_response_received', message)
      return value
    } catch (error) {
      if (isResponse(error)) this.#tellOfCall('rpc_response_received', message)
      throw error
    }
  }

  async serveRpc(message: RpcMessage, next: Next<RpcMessage, PlainValue>): Promise<PlainValue> {
    this.#tellOfCall('rpc_call_received', message)
    try {
      const value = await next(message)
      this.#tellOfCall('rpc_response_sent', message, { result: value })
      return value
    } catch (error) {
      const result = error instanceof Error ? error.message : String(error)
      this.#tellOfCall('rpc_response_sent', message, { result })
      throw error
    }
  }

  #tellOfEvent(name: string, { id, apiName, eventName, parameters }: EventMessage): void {
    // Whoever listens for metrics would make metrics by it, and so on for ever.
    if (apiName === metricsApi.name) return
    this.#tell(name, { event_id: id, api_name: apiName, event_name: eventName, kwargs: parameters })
  }

  #tellOfCall(name: string, { id, apiName, procedureName }: UnaddressedCall, more: object = {}): void {
    this.#tell(name, { id, api_name: apiName, procedure_name: procedureName, ...more })
  }

  #tell(name: string, about: object): void {
    const { clock, fire, processName, serviceName } = this.#context
    if (this.#unsent === mostUnsent)
      return this.#lose(name, new Error(`${mostUnsent} metrics are on their way already`))
    this.#unsent += 1
    const process = { service_name: serviceName, process_name: processName, timestamp: clock.now() / 1_000 }
    void fire(`${metricsApi.name}.${name}`, { ...about, ...process })
      .then(
        () => (this.#isLosing = false),
        (error: unknown) => this.#lose(name, error),
      )
      .finally(() => (this.#unsent -= 1))
  }

  // Warns once, until metrics can be told again.
  #lose(name: string, err: unknown): void {
    this.#context.log[this.#isLosing ? 'debug' : 'warn']({ err, event: name }, 'A metric could not be told')
    this.#isLosing = true
  }
}

const responses: ReadonlySet<string> = new Set(
  [callBusy, parametersInvalid, procedureUnknown, remoteFailure, resultInvalid].map(({ code }) => code),
)

/** Whether the error is what the server answered. */
function isResponse(error: unknown): boolean {
  return isBusError(error) && responses.has(error.code)
}
