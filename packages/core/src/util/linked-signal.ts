import { setMaxListeners } from 'node:events'

/** A signal of one's own that aborts as others do. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  /** Aborts it by itself. */
  abort(reason: unknown): void
  /** Lets go of the others. From then on it aborts no more. */
  release(): void
}

/**
 * Follows other signals until it is released. What listens to it goes when it goes, also where the others live for long, which those of
 * `AbortSignal.any` would keep alive.
 */
export function linkedSignal(others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const sources = others.filter((other) => other !== undefined)
  // As many follow as handlers run at a time, and as many listen as a handler makes calls: that is no leak.
  setMaxListeners(0, controller.signal, ...sources)
  const follow = (): void => controller.abort(sources.find(({ aborted }) => aborted)?.reason)
  const release = (): void => {
    for (const source of sources) source.removeEventListener('abort', follow)
  }
  if (sources.some(({ aborted }) => aborted)) follow()
  else for (const source of sources) source.addEventListener('abort', follow, { once: true })
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), release }
}
