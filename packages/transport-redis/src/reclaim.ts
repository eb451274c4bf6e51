import { isWaiting } from './key-order.ts'
import type { Recovered, StreamGroup } from './stream-group.ts'
import { nextId } from './stream-ids.ts'
import type { Pending } from './stream-replies.ts'

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
  readonly onGone: (count: number) => void
}

/** Takes over what is pending for too long, page by page to the end. False when there was more than room for it. */
export async function recover(request: RecoverRequest): Promise<boolean> {
  const { source, pageSize } = request
  const consumer = request.onlyOwn ? source.consumer : undefined
  let resting: ReadonlySet<string> | undefined
  for (let from = '-'; ;) {
    const page = await source.pending(from, pageSize, consumer)
    const idle = page.filter(
      (one) => one.idleMs >= request.minIdleMs && !isWaiting(one) && !request.isHeld(one.id),
    )
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
  const ids = wanted.map(({ id }) => id)
  const { taken, gone } = await request.source.claim(ids, { minIdleMs: request.minIdleMs })
  for (const recovered of taken) request.take(recovered)
  if (gone > 0) request.onGone(gone)
}
