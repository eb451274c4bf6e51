import type { TransportContext } from '@lightbus/core/transport'

/** Whose events they were. */
interface Loser {
  readonly stream: string
  readonly group: string
}

/** Tells that a group's events were trimmed away before it had handled them. */
export function reportGone(context: TransportContext, source: Loser, count: number): void {
  report(context, source, { count, how: 'were trimmed away before they were handled' })
}

/** Tells that a group's events expired before it had handled them. */
export function reportExpired(context: TransportContext, source: Loser, count: number): void {
  report(context, source, { count, how: 'expired before they were handled' })
}

function report(
  context: TransportContext,
  { stream, group }: Loser,
  { count, how }: { readonly count: number; readonly how: string },
): void {
  const message = `Events of ${stream} ${how}: ${count}.`
  context.report({ type: 'messages-lost', transport: 'redis', message, group, count })
}
