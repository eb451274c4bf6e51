import type { EventFeatures, RpcFeatures, SchemaFeatures, TransportKind } from '@lightbus/core/transport'
import type { Faults, Harness } from '../harness.ts'

/**
 * What a case needs in order to run. The features are those that the transport declares to core at run time; the rest is what the
 * harness can do to the broker from outside.
 */
export type Need =
  | TransportKind
  | `event.${keyof EventFeatures}`
  | 'event.durable=across-processes'
  | 'event.nack=delayed'
  | 'event.order=key'
  | `rpc.${keyof RpcFeatures}`
  | `schema.${keyof SchemaFeatures}`
  | `harness.${keyof Harness}`
  /** Processes that can be killed: by `simulate`, or by `entry`. */
  | 'harness.victims'
  | `faults.${keyof Faults}`

/** How much is run: each tier includes those before it. `soak` runs the races and the churn with many more rounds. */
export const tiers = ['smoke', 'full', 'faults', 'soak'] as const
export type Tier = (typeof tiers)[number]

/** A property that every transport keeps which declares what it needs. */
export interface Guarantee {
  readonly property: string
  readonly needs: readonly Need[]
  readonly tier: Tier
}

/** A guarantee of the tier `full`, unless it says otherwise. */
export function keeps(property: string, needs: readonly Need[] = [], tier: Tier = 'full'): Guarantee {
  return { property, needs, tier }
}
