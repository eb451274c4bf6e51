/** A handler that holds what it is given until it is let go, and knows how much it had at the most. */
export function holding<T>() {
  const running: { readonly value: T; readonly end: () => void }[] = []
  const begun: T[] = []
  let most = 0
  const hold = (value: T): Promise<void> =>
    new Promise((resolve) => {
      begun.push(value)
      const one = { value, end: resolve }
      running.push(one)
      most = Math.max(most, running.length)
    })
  return {
    /** What was given to it, in order. */
    begun,
    hold,
    get running(): readonly T[] {
      return running.map(({ value }) => value)
    },
    get most(): number {
      return most
    },
    /** What it had at the most is counted anew. */
    countAnew(): void {
      most = running.length
    },
    /** Lets go what it holds: so many of the oldest, or all. */
    let(count = running.length): void {
      for (const { end } of running.splice(0, count)) end()
    },
  }
}
