import type { Clock } from './clock.ts'

/**
 * Gathers what comes into batches of at most `size`, none held back for longer than `withinMs` after its first item (E12). The order stays, and what
 * was gathered before the source fails is handed out first. Whoever iterates over deliveries needs a prefetch of at least `size`.
 */
export async function* inBatches<T>(
  items: AsyncIterable<T>,
  { size, withinMs, clock }: { readonly size: number; readonly withinMs: number; readonly clock: Clock },
): AsyncGenerator<readonly T[]> {
  const iterator = items[Symbol.asyncIterator]()
  let pulled: Promise<IteratorResult<T>> | undefined
  try {
    for (;;) {
      const first = await (pulled ?? iterator.next())
      pulled = undefined
      if (first.done) return
      const batch = [first.value]
      let stop: () => void = () => undefined
      const late = new Promise<undefined>((resolve) => {
        stop = clock.after(withinMs, () => resolve(undefined))
      })
      while (batch.length < size) {
        // Kept when the time is over first, for the next batch; what it may reject with is seen there too.
        pulled ??= iterator.next()
        const item = await Promise.race([pulled.catch(() => undefined), late])
        if (!item || item.done) break
        batch.push(item.value)
        pulled = undefined
      }
      stop()
      yield batch
    }
  } finally {
    const returned = iterator.return?.()
    // A source that has been asked for an item returns after that, and nobody knows when it comes.
    if (pulled) returned?.catch(() => undefined)
    else await returned
  }
}
