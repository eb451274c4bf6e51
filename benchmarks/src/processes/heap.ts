/** What is alive on the heap, in megabytes. */
export function heapMb(): number {
  // What the first one sets free may set free more.
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
