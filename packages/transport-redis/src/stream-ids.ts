const lastSequence = 2n ** 64n - 1n

/** The id that follows: Redis 5 has no ranges that leave out their start. */
export function nextId(id: string): string {
  const [ms, sequence] = parts(id)
  return sequence < lastSequence ? `${ms}-${sequence + 1n}` : `${ms + 1n}-0`
}

/** The id before; undefined for the first of all. */
export function previousId(id: string): string | undefined {
  const [ms, sequence] = parts(id)
  if (sequence > 0n) return `${ms}-${sequence - 1n}`
  return ms > 0n ? `${ms - 1n}-${lastSequence}` : undefined
}

/** Negative when the first id comes before the second, positive when after it. */
export function compareIds(a: string, b: string): number {
  const [aMs, aSequence] = parts(a)
  const [bMs, bSequence] = parts(b)
  return Number(aMs === bMs ? aSequence - bSequence : aMs - bMs)
}

/** The first id of a millisecond. */
export function firstIdOf(date: Date): string {
  return `${Math.max(0, date.getTime())}-0`
}

/** The last id of a millisecond. */
export function lastIdOf(date: Date): string {
  return `${Math.max(0, date.getTime())}-${lastSequence}`
}

/** When the entry was added, by the clock of Redis, in milliseconds since the epoch. */
export function timeOf(id: string): number {
  return Number(parts(id)[0])
}

/** Where an entry is, as other parts of the bus are told. */
export function nativeId(stream: string, id: string): string {
  return `${stream}/${id}`
}

/** The stream and the id in a native id; no stream in a bare id. */
export function splitNativeId(text: string): { readonly stream: string; readonly id: string } {
  const slash = text.lastIndexOf('/')
  return { stream: text.slice(0, Math.max(0, slash)), id: text.slice(slash + 1) }
}

function parts(id: string): readonly [bigint, bigint] {
  const [ms = '0', sequence = '0'] = id.split('-')
  return [BigInt(ms), BigInt(sequence)]
}
