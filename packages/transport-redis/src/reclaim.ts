import type { StreamGroup } from './stream-group.ts'
import { nextId } from './stream-ids.ts'
import type { Entry, Pending } from './stream-replies.ts'

/** An entry that somebody had before, with the ordinal of this handing-over. */
export interface Recovered {
  readonly entry: Entry
  readonly attempt: number
}

export interface RecoverRequest {
  readonly source: StreamGroup
  /** Entries idle for less stay where they are. */
  readonly minIdleMs: number
  readonly pageSize: number
  /** Only what this process had, under its present name. */
  readonly onlyOwn?: boolean
  /** Whether an entry is in hand here. */
  readonly isHeld: (id: string) => boolean
  /** How many more may be taken. */
  readonly room: () => number
  readonly take: (recovered: Recovered) => void
  /** Entries that were trimmed away before anybody handled them. */
  readonly onGone: (ids: readonly string[]) => void
}

/** Takes over what is pending for too long, page by page to the end. False when there was more than room for it. */
export async function recover(request: RecoverRequest): Promise<boolean> {
  const { source, pageSize } = request
  const consumer = request.onlyOwn ? source.consumer : undefined
  let resting: ReadonlySet<string> | undefined
  for (let from = '-'; ;) {
    const page = await source.pending(from, pageSize, consumer)
    const idle = page.filter(({ id, idleMs }) => idleMs >= request.minIdleMs && !request.isHeld(id))
    if (idle.length > 0) resting ??= await source.resting()
    const free = idle.filter(({ id }) => !resting?.has(id))
    const wanted = free.slice(0, Math.max(0, request.room()))
    if (wanted.length > 0) await takeOver(request, wanted)
    if (wanted.length < free.length) return false
    const last = page.at(-1)
    if (!last || page.length < pageSize) return true
    from = nextId(last.id)
  }
}

async function takeOver(request: RecoverRequest, wanted: readonly Pending[]): Promise<void> {
  const { source } = request
  const ids = wanted.map(({ id }) => id)
  const claimed = new Map((await source.claim(ids, request.minIdleMs)).map((entry) => [entry[0], entry]))
  const gone: string[] = []
  for (const { id, deliveries } of wanted) {
    const entry = claimed.get(id)
    if (entry) request.take({ entry, attempt: deliveries + 1 })
    else if (!(await source.exists(id))) gone.push(id)
  }
  if (gone.length === 0) return
  await source.drop(gone)
  request.onGone(gone)
}
