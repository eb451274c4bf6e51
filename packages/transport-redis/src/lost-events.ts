import type { TransportContext } from '@lightbus/core/transport'
import type { StreamGroup } from './stream-group.ts'

/** Tells that a group's events were trimmed away before it had handled them. */
export function reportGone(context: TransportContext, source: StreamGroup, count: number): void {
  report(context, source, { count, how: 'were trimmed away before they were handled' })
}

/** Tells that a group's events expired before it had handled them. */
export function reportExpired(context: TransportContext, source: StreamGroup, count: number): void {
  report(context, source, { count, how: 'expired before they were handled' })
}

function report(
  context: TransportContext,
  { stream, group }: StreamGroup,
  { count, how }: { readonly count: number; readonly how: string },
): void {
  const message = `Events of ${stream} ${how}: ${count}.`
  context.report({ type: 'messages-lost', transport: 'redis', message, group, count })
}
