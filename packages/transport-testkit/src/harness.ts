import type { Clock, TransportKind, TransportOptions } from '@lightbus/core/transport'

/** What the author of a transport gives the kit. */
export interface Harness {
  /** A prefix that nobody else uses: asked for once per case, so that cases never see each other. */
  namespace(): string
  /** Options for a transport of this kind within that namespace. */
  options(kind: TransportKind, namespace: string): TransportOptions
  /** The machine's clock unless given. */
  readonly clock?: Clock
}
