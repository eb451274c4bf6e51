type Listener = Parameters<AbortSignal['addEventListener']>[1]

/** Those who wait for one signal, each with a listener of our own beside it: what a signal leaves out when it aborts nobody else says. */
interface Waiting {
  readonly listeners: Map<Listener, () => void>
  /** Apart, since it outlives the signal and must not hold it. */
  readonly count: { size: number }
}

/** Counts the listeners that wait for a signal to abort, from the moment it is called, in this process. */
export function countAbortListeners(): () => number {
  const bySignal = new WeakMap<AbortSignal, Waiting>()
  let total = 0
  // What waits at a signal that is gone does not count any more.
  const forget = new FinalizationRegistry<Waiting['count']>(({ size }) => (total -= size))
  const { addEventListener, removeEventListener } = AbortSignal.prototype

  const waitingAt = (signal: AbortSignal): Waiting => {
    const known = bySignal.get(signal)
    if (known) return known
    const waiting = { listeners: new Map<Listener, () => void>(), count: { size: 0 } }
    bySignal.set(signal, waiting)
    forget.register(signal, waiting.count)
    return waiting
  }
  const change = (count: Waiting['count'], by: number): void => {
    count.size += by
    total += by
  }
  const add = (signal: AbortSignal, listener: Listener): void => {
    const { listeners, count } = waitingAt(signal)
    if (listeners.has(listener)) return
    const aborted = (): void => drop(signal, listener)
    listeners.set(listener, aborted)
    change(count, 1)
    addEventListener.call(signal, 'abort', aborted, { once: true })
  }
  const drop = (signal: AbortSignal, listener: Listener): void => {
    const { listeners, count } = waitingAt(signal)
    const aborted = listeners.get(listener)
    if (!aborted) return
    listeners.delete(listener)
    change(count, -1)
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
  return () => total
}
