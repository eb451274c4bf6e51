import { fireEvent, type FireEventParts } from '../client/fire-event.ts'
import type { EventMessage } from '../messages/event-message.ts'
import { messageContext, withinContext } from '../messages/message-context.ts'
import { PluginChain } from '../plugins/through-plugins.ts'
import { splitPath } from './split-path.ts'

const around = new PluginChain([])

/** Fires what plugins tell: around all plugins, and apart from whatever is handled at the moment, whose headers it carries. */
export class PluginEvents {
  readonly #parts: () => FireEventParts
  readonly #sending = new Set<Promise<unknown>>()

  constructor(parts: () => FireEventParts) {
    this.#parts = parts
  }

  /** As {@link fireEvent}. A plugin need not wait for it. */
  fire(event: string, parameters: object): Promise<EventMessage> {
    const sending = withinContext({ carried: messageContext().carried }, async () => {
      const [apiName, eventName] = splitPath(event)
      return fireEvent({ ...this.#parts(), plugins: around }, { apiName, eventName }, parameters)
    })
    this.#sending.add(sending)
    const done = (): void => void this.#sending.delete(sending)
    sending.then(done, done)
    return sending
  }

  /** Resolves when nothing is on its way any more. */
  async sent(): Promise<void> {
    while (this.#sending.size > 0) await Promise.allSettled(this.#sending)
  }
}
