import type { Redis } from 'ioredis'
import { compareIds, nextId, previousId } from './stream-ids.ts'
import type { Entry } from './stream-replies.ts'

// Few, since entries may be large.
const pageSize = 100

/** An entry that is there, with its stream. */
export interface StreamEntry {
  readonly stream: string
  readonly id: string
  readonly fields: readonly string[]
}

/** The entries from one id to another, both included, page by page; without any effect on groups. */
export async function* streamEntries(
  commands: Redis,
  stream: string,
  { from = '-', to = '+', newestFirst = false } = {},
): AsyncGenerator<StreamEntry> {
  for (let [start, end]: (string | undefined)[] = [from, to]; start !== undefined && end !== undefined;) {
    const page = (
      newestFirst
        ? await commands.xrevrange(stream, end, start, 'COUNT', pageSize)
        : await commands.xrange(stream, start, end, 'COUNT', pageSize)
    ) as Entry[]
    for (const [id, fields] of page) if (fields) yield { stream, id, fields }
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    if (newestFirst) end = previousId(last[0])
    else start = nextId(last[0])
    if (start !== undefined && end !== undefined && isEmpty(start, end)) return
  }
}

/** The id of the newest entry; undefined where there is none. */
export async function newestId(commands: Redis, stream: string): Promise<string | undefined> {
  const newest = (await commands.xrevrange(stream, '+', '-', 'COUNT', 1)) as Entry[]
  return newest[0]?.[0]
}

/** The entries of several streams as if they were one, oldest first. */
export async function* inOrder(streams: readonly AsyncGenerator<StreamEntry>[]): AsyncGenerator<StreamEntry> {
  const heads = await Promise.all(streams.map((entries) => entries.next()))
  for (;;) {
    let oldest: { readonly index: number; readonly entry: StreamEntry } | undefined
    for (const [index, head] of heads.entries())
      if (!head.done && (!oldest || compareIds(head.value.id, oldest.entry.id) < 0))
        oldest = { index, entry: head.value }
    const entries = oldest && streams[oldest.index]
    if (!oldest || !entries) return
    yield oldest.entry
    heads[oldest.index] = await entries.next()
  }
}

function isEmpty(from: string, to: string): boolean {
  return from !== '-' && to !== '+' && compareIds(from, to) > 0
}
