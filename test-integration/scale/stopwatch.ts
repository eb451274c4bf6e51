import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'

/** How long it takes, in milliseconds. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now()
  await act()
  return performance.now() - beganAt
}

/** What each of so many acts, one after the other, resolves with. */
export async function timesOf(count: number, act: () => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n += 1) times.push(await act())
  return times
}

/** The value that so much of all values is not above: 0.5 for the middle. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** What is alive on the heap beyond so much, in megabytes. */
export function heapMb(beyond = 0): number {
  if (!global.gc) throw new Error('Run it with --expose-gc: garbage must not count.')
  // What the first one sets free may set free more.
  global.gc()
  global.gc()
  return Math.max(0, process.memoryUsage().heapUsed / 1_000_000 - beyond)
}

/** Waits until it holds; fails with what it waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { withinMs = 60_000, everyMs = 0 } = {},
): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain until ${what}`)
    await (everyMs > 0 ? pause(everyMs) : turn())
  }
}
