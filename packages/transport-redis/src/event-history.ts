import type { EventAddress, GroupStanding, HistoryQuery, PastEvent } from '@lightbus/core/transport'
import type { Redis } from 'ioredis'
import { addressOf, decodeEvent, isNoOp } from './event-fields.ts'
import type { EventSource } from './event-source.ts'
import { isWaiting } from './key-order.ts'
import { firstIdOf, lastIdOf, nativeId, nextId, previousId, splitNativeId, timeOf } from './stream-ids.ts'
import { streamEntries } from './stream-pages.ts'
import type { Position } from './stream-replies.ts'

/** The events of one address that its stream still has; what cannot be read is left out. */
export async function* pastEvents(
  commands: Redis,
  stream: string,
  { apiName, eventName }: EventAddress,
  query: HistoryQuery = {},
): AsyncGenerator<PastEvent> {
  const from = firstId(query)
  const to = lastId(query)
  if (to === undefined) return
  const range = { from, to, newestFirst: query.newestFirst ?? false }
  for await (const { id, fields } of streamEntries(commands, stream, range)) {
    const address = addressOf(fields)
    if (address?.apiName !== apiName || address.eventName !== eventName) continue
    const place = nativeId(stream, id)
    try {
      yield { event: decodeEvent(fields, place), nativeId: place, sentAt: new Date(timeOf(id)) }
    } catch {
      // Its listeners are told of it.
    }
  }
}

/** How far a group is, and what it has done. Counted entry by entry: Redis before 7 has no lag, and no Redis knows which events a listener wants. */
export async function standingOf(commands: Redis, sources: readonly EventSource[]): Promise<GroupStanding> {
  let lag = 0
  let pending = 0
  const counts = { acknowledged: 0, deadLettered: 0, expired: 0, trimmed: 0 }
  for (const source of sources) {
    const position = await source.group.position()
    if (!source.group.isPrivate) await addCounts(counts, commands, source.group.counts)
    if (!position) continue
    const waiting = position.pending > 0 ? await waitingIn(source) : 0
    pending += position.pending - waiting
    lag += waiting
    lag += await unreadIn(commands, source, position)
  }
  return { lag, pending, counts }
}

/** How many entries a group was not given yet, of those that it hears. */
async function unreadIn(
  commands: Redis,
  source: EventSource,
  { lastId, pending }: Position,
): Promise<number> {
  // It hears all that is there, and nothing is there that it is done with.
  if (source.group.isPrivate) return (await commands.xlen(source.group.stream)) - pending
  let unread = 0
  for await (const { fields } of streamEntries(commands, source.group.stream, { from: nextId(lastId) }))
    if (isHeard(source, fields)) unread += 1
  return unread
}

/** How many entries are in nobody's hand, as they wait for their turn. */
async function waitingIn({ group }: EventSource): Promise<number> {
  const waiting = (await group.holders()).filter(isWaiting)
  return waiting.reduce((sum, { pending }) => sum + pending, 0)
}

type Counts = Record<'acknowledged' | 'deadLettered' | 'expired' | 'trimmed', number>

async function addCounts(counts: Counts, commands: Redis, key: string): Promise<void> {
  const kept = await commands.hgetall(key)
  for (const fate of Object.keys(counts) as (keyof Counts)[]) counts[fate] += Number(kept[fate] ?? 0)
}

/** Whether a listener is given the entry; what cannot be read it is given too. */
function isHeard(source: EventSource, fields: readonly string[]): boolean {
  if (isNoOp(fields)) return false
  const address = addressOf(fields)
  return !address || source.wants(address)
}

function firstId({ from, exclusive = false }: HistoryQuery): string {
  if (from === undefined) return '-'
  if (typeof from === 'string') return exclusive ? nextId(splitNativeId(from).id) : splitNativeId(from).id
  return exclusive ? nextId(lastIdOf(from)) : firstIdOf(from)
}

function lastId({ to, exclusive = false }: HistoryQuery): string | undefined {
  if (to === undefined) return '+'
  if (typeof to === 'string') return exclusive ? previousId(splitNativeId(to).id) : splitNativeId(to).id
  return exclusive ? previousId(firstIdOf(to)) : lastIdOf(to)
}
