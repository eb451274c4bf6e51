import type { EventMessage, SendEventOptions } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { encodeEvent } from './event-fields.ts'
import { sendEventScript } from './event-scripts.ts'
import { delayedEvents, sentRecord } from './key-names.ts'
import { checkSize } from './message-size.ts'
import type { EventOptions } from './options.ts'
import { runScript } from './run-script.ts'

/** Adds an event to its stream, or to those that wait for their time. Throws `BUS_MESSAGE_TOO_LARGE`. */
export async function sendEvent(
  commands: Redis,
  { stream, event }: { readonly stream: string; readonly event: EventMessage },
  options: EventOptions,
  { delayMs = 0, ttlMs = options.eventTtlMs }: SendEventOptions = {},
): Promise<void> {
  const delay = Math.max(0, Math.ceil(delayMs))
  // Whether an event has expired is judged by when it arrived in its stream.
  const fields = encodeEvent(event, ttlMs === undefined ? undefined : Math.max(0, ttlMs - delay))
  checkSize(`${event.apiName}.${event.eventName}`, fields, options.maxMessageBytes)
  if (delay > 0 || options.dedupWindowMs > 0) {
    const keys = [stream, delayedEvents(stream), sentRecord(stream, event.id)]
    await runScript(commands, sendEventScript, keys, [Math.ceil(options.dedupWindowMs), delay, ...fields])
  } else await commands.xadd(stream, '*', ...fields)
}
