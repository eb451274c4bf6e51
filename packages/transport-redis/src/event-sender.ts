import type { EventMessage, SendEventOptions } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { encodeEvent } from './event-fields.ts'
import { sendEventScript, sendEventsScript } from './event-scripts.ts'
import { GatheredBy, mostTogether } from './gathered.ts'
import { delayedEvents, sentRecord } from './key-names.ts'
import { checkSize } from './message-size.ts'
import type { EventOptions } from './options.ts'
import { runGathered, runScript } from './run-script.ts'

/** Adds events to their streams, those of one turn of the event loop together, or to those that wait for their time. */
export class EventSender {
  readonly #commands: Redis
  readonly #options: EventOptions
  readonly #added: GatheredBy<readonly string[], Error | undefined>

  constructor(commands: Redis, options: EventOptions) {
    this.#commands = commands
    this.#options = options
    this.#added = new GatheredBy(mostTogether, (stream, events, isFull) => this.#add(stream, events, isFull))
  }

  /** Throws `BUS_MESSAGE_TOO_LARGE`. */
  async send(
    stream: string,
    event: EventMessage,
    { delayMs = 0, ttlMs = this.#options.eventTtlMs }: SendEventOptions,
  ): Promise<void> {
    const { dedupWindowMs, maxMessageBytes } = this.#options
    const delay = Math.max(0, Math.ceil(delayMs))
    // Whether an event has expired is judged by when it arrived in its stream.
    const fields = encodeEvent(event, ttlMs === undefined ? undefined : Math.max(0, ttlMs - delay))
    const length = checkSize(`${event.apiName}.${event.eventName}`, fields, maxMessageBytes)
    if (delay > 0 || dedupWindowMs > 0) {
      const keys = [stream, delayedEvents(stream), sentRecord(stream, event.id)]
      await runScript(this.#commands, sendEventScript, keys, [Math.ceil(dedupWindowMs), delay, ...fields])
      return
    }
    const failure = await this.#added.add(stream, fields, length)
    if (failure) throw failure
  }

  async #add(
    stream: string,
    events: readonly (readonly string[])[],
    isFull: boolean,
  ): Promise<readonly (Error | undefined)[]> {
    const values: (string | number)[] = []
    for (const fields of events) values.push(fields.length, ...fields)
    const adding = { script: sendEventsScript, keys: [stream], values }
    const reply = await runGathered(this.#commands, adding, isFull)
    return (reply as string[]).map((why) => (why === '' ? undefined : refusal(why)))
  }
}

/** What the client would have thrown, had the command been sent by itself. */
function refusal(why: string): Error {
  return Object.assign(new Error(why), { name: 'ReplyError' })
}
