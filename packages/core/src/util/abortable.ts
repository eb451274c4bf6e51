import type { Clock } from './clock.ts'

interface Waiter {
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
}

// A promise never lets go of those who wait for it, so each is asked once, on behalf of all.
const waiters = new WeakMap<Promise<unknown>, Set<Waiter>>()

/**
 * Waits for `promise`, or rejects with the signal's reason as soon as it aborts, if there is a signal. Leaves nothing behind, at either of them.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const waiting = waitersFor(promise)
    const leave = (): void => {
      waiting.delete(waiter)
      signal.removeEventListener('abort', stop)
    }
    const stop = (): void => (leave(), reject(signal.reason as Error))
    const waiter: Waiter = {
      resolve: (value) => (leave(), resolve(value)),
      reject: (reason) => (leave(), reject(reason as Error)),
    }
    waiting.add(waiter)
    signal.addEventListener('abort', stop, { once: true })
  })
}

function waitersFor(promise: Promise<unknown>): Set<Waiter> {
  const known = waiters.get(promise)
  if (known) return known
  const waiting = new Set<Waiter>()
  waiters.set(promise, waiting)
  const tell = (act: (waiter: Waiter) => void): void => {
    waiters.delete(promise)
    waiting.forEach(act)
  }
  promise.then(
    (value) => tell(({ resolve }) => resolve(value as never)),
    (reason: unknown) => tell(({ reject }) => reject(reason)),
  )
  return waiting
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    const stop = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
