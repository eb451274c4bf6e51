import type { DeadLetterReason } from '@lightbus/core/transport'
import type { HeldEvent } from './held-events.ts'

/** What a dead letter says beside the raw fields of its event, names and values in turn. */
export function deadLetterFields(event: HeldEvent, reason: DeadLetterReason): string[] {
  const { stream, group } = event.source
  return Object.entries({
    'lightbus-reason': reason.code,
    'lightbus-error': reason.message,
    ...(reason.stack === undefined ? {} : { 'lightbus-stack': reason.stack }),
    'lightbus-attempts': String(reason.attempts),
    'lightbus-origin': JSON.stringify({ stream, group, id: event.id }),
    'lightbus-time': new Date().toISOString(),
  }).flat()
}
