import type { Clock } from '@lightbus/core/transport'
import type { Timers } from './timers.ts'

/** By which the broker judges all time, and with which it waits. */
export interface BrokerTime {
  readonly timers: Timers
  readonly clock: Clock
}
