import type {
  DeadLetter,
  DeadLetterReason,
  DeadLetterStore,
  EventMessage,
  ListenerAddress,
} from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { decodeEvent } from './event-fields.ts'
import { redriveScript } from './event-scripts.ts'
import type { HeldEvent } from './held-events.ts'
import { groupCounts, originOf, redrivenStream } from './key-names.ts'
import { runScript } from './run-script.ts'
import type { StreamGroup } from './stream-group.ts'
import { nativeId, splitNativeId, timeOf } from './stream-ids.ts'
import { inOrder, newestId, streamEntries, type StreamEntry } from './stream-pages.ts'

// What comes first after the raw fields of the event.
const reasonField = 'lightbus-reason'

/** What a dead letter says beside the raw fields of its event, names and values in turn. */
export function deadLetterFields(event: HeldEvent, reason: DeadLetterReason): string[] {
  const { stream, group } = event.source
  return Object.entries({
    [reasonField]: reason.code,
    'lightbus-error': reason.message,
    ...(reason.stack === undefined ? {} : { 'lightbus-stack': reason.stack }),
    'lightbus-attempts': String(reason.attempts),
    'lightbus-origin': JSON.stringify({ stream, group, id: event.id }),
    'lightbus-time': new Date().toISOString(),
  }).flat()
}

interface StoreParts {
  /** Throws when the transport is closed. */
  readonly commands: () => Redis
  readonly groups: (listener: ListenerAddress) => readonly StreamGroup[]
  /** What rings for the groups of a stream. */
  readonly bell: (stream: string) => string
  readonly attempt: <T>(act: () => Promise<T>) => Promise<T>
}

/** The dead letters of each group and stream, in a stream of their own. */
export class RedisDeadLetters implements DeadLetterStore {
  private readonly parts: StoreParts

  constructor(parts: StoreParts) {
    this.parts = parts
  }

  async *list(listener: ListenerAddress): AsyncIterable<DeadLetter> {
    const { attempt, groups } = this.parts
    const commands = this.parts.commands()
    const streams = groups(listener).map((group) => group.deadLetterStream)
    const newest = await attempt(() => Promise.all(streams.map((stream) => newestId(commands, stream))))
    const entries = inOrder(
      streams.map((stream, index) => streamEntries(commands, stream, { to: newest[index] ?? '0-0' })),
    )
    for (
      let next = await attempt(() => entries.next());
      !next.done;
      next = await attempt(() => entries.next())
    )
      yield readLetter(next.value)
  }

  async redrive(letter: DeadLetter): Promise<boolean> {
    const commands = this.parts.commands()
    const { stream: dead, id } = splitNativeId(letter.id)
    const stream = originOf(dead, letter.group)
    const keys = [dead, redrivenStream(dead), groupCounts(dead), this.parts.bell(stream)]
    const moved = this.parts.attempt(() =>
      runScript(commands, redriveScript, keys, [letter.group, id, reasonField, stream]),
    )
    return (await moved) === 1
  }

  async discard(letter: DeadLetter): Promise<boolean> {
    const commands = this.parts.commands()
    const { stream, id } = splitNativeId(letter.id)
    return (await this.parts.attempt(() => commands.xdel(stream, id))) === 1
  }
}

function readLetter({ stream, id, fields }: StreamEntry): DeadLetter {
  const length = rawLength(fields)
  const raw = fields.slice(0, length)
  const said = new Map<string, string>()
  for (let i = length; i + 1 < fields.length; i += 2) said.set(fields[i] ?? '', fields[i + 1] ?? '')
  const origin = readOrigin(said.get('lightbus-origin'))
  const stack = said.get('lightbus-stack')
  return {
    id: nativeId(stream, id),
    group: origin.group,
    nativeId: nativeId(origin.stream, origin.id),
    event: readEvent(raw),
    raw: JSON.stringify(raw),
    reason: {
      code: said.get(reasonField) ?? '',
      message: said.get('lightbus-error') ?? '',
      ...(stack === undefined ? {} : { stack }),
      attempts: Number(said.get('lightbus-attempts') ?? 0),
    },
    deadAt: new Date(timeOf(id)),
  }
}

/** How many of the fields are the event's own; they may have any names. */
function rawLength(fields: readonly string[]): number {
  for (let i = fields.length - (fields.length % 2) - 2; i >= 0; i -= 2)
    if (fields[i] === reasonField) return i
  return fields.length
}

function readOrigin(text = '{}'): { readonly stream: string; readonly group: string; readonly id: string } {
  const { stream, group, id } = JSON.parse(text) as Record<string, unknown>
  return { stream: String(stream), group: String(group), id: String(id) }
}

function readEvent(fields: readonly string[]): EventMessage | undefined {
  try {
    return decodeEvent(fields, '')
  } catch {
    return undefined
  }
}
