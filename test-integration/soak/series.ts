/** What is watched, and by how much it may be more at the end than after the beginning. */
export const measures = {
  heap: { title: 'heap in MB', share: 0.15, amount: 3 },
  handles: { title: 'handles', share: 0.1, amount: 5 },
  signals: { title: 'abort signals', share: 0.25, amount: 60 },
  abortListeners: { title: 'abort listeners', share: 0.25, amount: 60 },
  keys: { title: 'Redis keys', share: 0.1, amount: 40 },
  redisMemory: { title: 'Redis memory in MB', share: 0.15, amount: 1 },
} as const

export type Measure = keyof typeof measures

/** A value at a moment, in seconds from the beginning. */
export interface Point {
  readonly seconds: number
  readonly who: string
  readonly measure: Measure
  readonly value: number
}

export interface Trend {
  readonly who: string
  readonly measure: Measure
  readonly early: number
  readonly late: number
  readonly isFlat: boolean
}

/** The medians of what was measured in the third after the warm-up and in the last one. Whatever is less at the end is flat. */
export function trendsOf(points: readonly Point[]): readonly Trend[] {
  const bySeries = new Map<string, Point[]>()
  for (const point of points) {
    const name = `${point.measure} ${point.who}`
    bySeries.set(name, [...(bySeries.get(name) ?? []), point])
  }
  return [...bySeries.values()].map((series) => {
    const [{ who, measure }] = series as [Point]
    const steady = series.slice(Math.ceil(series.length / 10)).map(({ value }) => value)
    const third = Math.max(1, Math.floor(steady.length / 3))
    const [early, late] = [median(steady.slice(0, third)), median(steady.slice(-third))]
    const { share, amount } = measures[measure]
    return { who, measure, early, late, isFlat: late - early <= Math.max(early * share, amount) }
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
