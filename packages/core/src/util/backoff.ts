/**
 * Exponential backoff with full jitter in its upper half: attempt 1 waits between half of `baseMs` and `baseMs`, each
 * further one twice as long, never above `maxMs`.
 */
export function backoffMs(
  attempt: number,
  limits: { readonly baseMs: number; readonly maxMs: number },
): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling * (0.5 + Math.random() / 2))
}
