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

/** How many entries a consumer has. */
export interface Holder {
  readonly consumer: string
  readonly pending: number
}

/** What XPENDING says of a whole group: each consumer that has any. */
export function readHolders(reply: unknown): Holder[] {
  const [, , , consumers] = reply as [number, unknown, unknown, [string, string | number][] | null]
  return (consumers ?? []).map(([consumer, pending]) => ({ consumer, pending: Number(pending) }))
}

/** The entries of the single stream that was read. */
export function readEntries(reply: unknown): readonly Entry[] {
  return (reply as [string, Entry[]][] | null)?.[0]?.[1] ?? []
}

/** How far a group is in its stream. */
export interface Position {
  readonly lastId: string
  readonly pending: number
}

/** What XINFO GROUPS says of one group; undefined when there is none of that name. */
export function readPosition(reply: unknown, group: string): Position | undefined {
  for (const fields of reply as (string | number | null)[][]) {
    const value = (name: string) => fields[fields.indexOf(name) + 1]
    if (value('name') === group)
      return { lastId: String(value('last-delivered-id')), pending: Number(value('pending')) }
  }
  return undefined
}
