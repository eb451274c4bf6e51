import type { Api } from '../api/define-api.ts'
import type { SendEventOptions } from '../contracts/event-transport.ts'
import type { Log } from '../contracts/log.ts'
import type { OptionsSchema } from '../contracts/transport-module.ts'
import type { EventMessage } from '../messages/event-message.ts'
import type { PlainValue } from '../messages/plain-values.ts'
import type { RpcMessage, UnaddressedCall } from '../messages/rpc-message.ts'
import type { Clock } from '../util/clock.ts'

/** Goes on with the message, or with one that the plugin has made of it, and gives what came of it. */
export type Next<Message, Outcome> = (message: Message) => Promise<Outcome>

/**
 * Wraps the verbs: each hook is told of a message, goes on with `next`, and may do what it likes before and after. What it throws is an error of the
 * verb; a hook that does not call `next` ends the message's way here. All hooks are optional.
 */
export interface Plugin {
  readonly name: string
  /** A plugin wraps those of a higher order: 0 unless given. Of the same order, the one that was named first wraps the others. */
  readonly order?: number
  /** APIs whose events the plugin fires: every process that runs it owns them, and publishes their schemas while its worker runs. */
  readonly apis?: readonly Api[]
  /** Names of headers that go from a message to what is fired and called while it is handled. */
  readonly carries?: readonly string[]
  /** Around the sending of an event that has been checked. */
  fireEvent?(event: EventMessage, next: Next<EventMessage, void>, sending: SendEventOptions): Promise<void>
  /** Around the handler of an event that has been checked. */
  handleEvent?(event: EventMessage, next: Next<EventMessage, void>, handling: Handling): Promise<void>
  /** Around a call that has been checked, until its value is there. */
  callRpc?(call: UnaddressedCall, next: Next<UnaddressedCall, PlainValue>): Promise<PlainValue>
  /** Around the execution of a call that has been checked. */
  serveRpc?(call: RpcMessage, next: Next<RpcMessage, PlainValue>): Promise<PlainValue>
  /** Once everything is ready and before anything is handled. A rejection makes the start fail; a worker that starts again starts its plugins again. */
  start?(started: Started): Promise<void> | void
  /** After everything has been handled, while messages can still be sent. Called of what has started, in the opposite order. */
  stop?(): Promise<void> | void
}

/** Who handles an event. */
export interface Handling {
  readonly listenerName: string
  readonly attempt: number
}

/** What a worker does, as its plugins are told. */
export interface Started {
  /** The APIs that it serves. */
  readonly serves: readonly string[]
  readonly listens: readonly { readonly listenerName: string; readonly events: readonly string[] }[]
  /** The names of all plugins, outermost first. */
  readonly plugins: readonly string[]
}

/** What a package of a plugin exports, as `pluginModule` or by default. */
export interface PluginModule {
  readonly name: string
  /** JSON Schema of the options beside `enabled`, defaults included. */
  readonly optionsSchema: OptionsSchema
  /** Makes the plugin from options that fit the schema, defaults filled in. */
  create(options: PluginOptions, context: PluginContext): Plugin
}

export type PluginOptions = Readonly<Record<string, unknown>>

/** What a bus tells its plugins. */
export interface PluginContext {
  readonly serviceName: string
  readonly processName: string
  readonly clock: Clock
  /** Writes with the name of the plugin's module. */
  readonly log: Log
  /**
   * Fires an event of one of the plugin's own APIs, by name: around all plugins, so that none hears of its own events. The bus closes no transport
   * before it is sent.
   */
  fire(event: string, parameters: object): Promise<unknown>
}
