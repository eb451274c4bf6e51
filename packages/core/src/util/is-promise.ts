/** Whether there is something to wait for. To wait for a value that is there costs as much as for one that is not. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
