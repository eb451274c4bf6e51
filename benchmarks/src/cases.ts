import type { Case } from './case.ts'
import { eventLatency } from './cases/event-latency.ts'
import { fire } from './cases/fire.ts'
import { growthApis } from './cases/growth-apis.ts'
import { growthListeners } from './cases/growth-listeners.ts'
import { growthPayload } from './cases/growth-payload.ts'
import { growthPending } from './cases/growth-pending.ts'
import { growthWorkers } from './cases/growth-workers.ts'
import { handle } from './cases/handle.ts'
import { idle } from './cases/idle.ts'
import { rpcLatency } from './cases/rpc-latency.ts'
import { rpc } from './cases/rpc.ts'
import { testBus } from './cases/test-bus.ts'
import { tracing } from './cases/tracing.ts'
import { validation } from './cases/validation.ts'

/** Everything that is measured, in this order. */
export const cases: readonly Case[] = [
  rpcLatency,
  rpc,
  fire,
  handle,
  eventLatency,
  growthListeners,
  growthApis,
  growthPending,
  growthPayload,
  growthWorkers,
  idle,
  validation,
  tracing,
  testBus,
]
