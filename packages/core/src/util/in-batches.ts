import type { Clock } from './clock.ts'

/**
 * Gathers what comes into batches of at most `size`, none waiting longer than `withinMs` for the next item once it has begun
 * (E12). The order stays. Whoever iterates over deliveries needs a prefetch of at least `size`.
 */
export async function* inBatches<T>(
  items: AsyncIterable<T>,
  { size, withinMs, clock }: { readonly size: number; readonly withinMs: number; readonly clock: Clock },
): AsyncGenerator<readonly T[]> {
  const iterator = items[Symbol.asyncIterator]()
  let pulled = iterator.next()
  try {
    for (let first = await pulled; !first.done; first = await pulled) {
      const batch = [first.value]
      pulled = iterator.next()
      const timer = new AbortController()
      const late = new Promise<undefined>((resolve) => {
        const cancel = clock.after(withinMs, () => resolve(undefined))
        timer.signal.addEventListener('abort', cancel, { once: true })
      })
      while (batch.length < size) {
        const item = await Promise.race([pulled, late])
        if (!item || item.done) break
        batch.push(item.value)
        pulled = iterator.next()
      }
      timer.abort()
      yield batch
    }
  } finally {
    await iterator.return?.()
  }
}
