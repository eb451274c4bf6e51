import type { Subject } from '../subject.ts'
import { callPlain, servePlain } from './plain-calls.ts'
import { firePlain, handlePlain } from './plain-events.ts'

/** The client by itself, doing what has to be done for the same promises, in batches and with auto-pipelining. */
export const plainSubject: Subject = {
  name: 'plain ioredis',
  variant: 'speed',
  settings:
    'auto-pipelining, whole batches read, claimed, answered and acknowledged; no validation, no retries',
  broker: 'redis',
  calls: { serve: servePlain, connect: callPlain },
  events: { firing: firePlain, handling: handlePlain, isDurable: true },
}
