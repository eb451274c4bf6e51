type Listener = Parameters<AbortSignal['addEventListener']>[1]

/** Counts the listeners that wait for a signal to abort, from the moment it is called, in this process. */
export function countAbortListeners(): () => number {
  // What a signal that aborts leaves out by itself is told by a listener of our own beside each.
  const bySignal = new WeakMap<AbortSignal, Map<Listener, () => void>>()
  let count = 0
  // What waits at a signal that is gone does not count any more.
  const forget = new FinalizationRegistry<Map<Listener, () => void>>((listeners) => (count -= listeners.size))
  const { addEventListener, removeEventListener } = AbortSignal.prototype

  const listenersOf = (signal: AbortSignal): Map<Listener, () => void> => {
    const known = bySignal.get(signal)
    if (known) return known
    const listeners = new Map<Listener, () => void>()
    bySignal.set(signal, listeners)
    forget.register(signal, listeners)
    return listeners
  }
  const add = (signal: AbortSignal, listener: Listener): void => {
    const listeners = listenersOf(signal)
    if (listeners.has(listener)) return
    const aborted = (): void => drop(signal, listener)
    listeners.set(listener, aborted)
    count += 1
    addEventListener.call(signal, 'abort', aborted, { once: true })
  }
  const drop = (signal: AbortSignal, listener: Listener): void => {
    const listeners = listenersOf(signal)
    const aborted = listeners.get(listener)
    if (!aborted) return
    listeners.delete(listener)
    count -= 1
    removeEventListener.call(signal, 'abort', aborted)
  }

  AbortSignal.prototype.addEventListener = function (this: AbortSignal, ...args: [string, Listener]) {
    if (args[0] === 'abort') add(this, args[1])
    addEventListener.apply(this, args)
  }
  AbortSignal.prototype.removeEventListener = function (this: AbortSignal, ...args: [string, Listener]) {
    if (args[0] === 'abort') drop(this, args[1])
    removeEventListener.apply(this, args)
  }
  return () => count
}
