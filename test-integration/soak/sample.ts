import { queryObjects } from 'node:v8'

/** What a process of the soak holds at a moment. */
export interface ProcessSample {
  /** Bytes of the heap after a garbage collection. */
  readonly heap: number
  /** Sockets, timers and the like. */
  readonly handles: number
  /** Signals that something may abort. */
  readonly signals: number
  /** Listeners that wait for a signal to abort. */
  readonly abortListeners: number
  /** What the process has done so far. */
  readonly done: Readonly<Record<string, number>>
}

/** Looks at this process. Needs `--expose-gc`. */
export function sampleProcess(
  abortListeners: () => number,
  done: Readonly<Record<string, number>>,
): ProcessSample {
  if (!globalThis.gc) throw new Error('A process of the soak needs --expose-gc.')
  globalThis.gc()
  return {
    heap: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    signals: queryObjects(AbortSignal, { format: 'count' }),
    abortListeners: abortListeners(),
    done: { ...done },
  }
}
