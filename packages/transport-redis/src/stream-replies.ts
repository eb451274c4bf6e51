/** An entry of a stream: its id, and its fields' names and values in turn; none where it has been deleted meanwhile. */
export type Entry = readonly [id: string, fields: readonly string[] | null]

/** What XPENDING says of one entry. */
export interface Pending {
  readonly id: string
  readonly consumer: string
  readonly idleMs: number
  readonly deliveries: number
}

export function readPending(reply: unknown): Pending[] {
  return (reply as [string, string, number, number][]).map(([id, consumer, idleMs, deliveries]) => ({
    id,
    consumer,
    idleMs,
    deliveries,
  }))
}

/** The entries of the single stream that was read. */
export function readEntries(reply: unknown): readonly Entry[] {
  return (reply as [string, Entry[]][] | null)?.[0]?.[1] ?? []
}

/** The id that follows: Redis 5 has no ranges that leave out their start. */
export function nextId(id: string): string {
  const [ms = '0', sequence = '0'] = id.split('-')
  return `${ms}-${BigInt(sequence) + 1n}`
}
