import { realClock, type TransportContext } from '@lightbus/core/transport'
import { transportModule } from '@lightbus/transport-redis'
import type { Whereabouts } from './broker.ts'
import { eventOptions, facts, groups, serviceName } from './chaos-bus.ts'
import type { Entry } from './ledger.ts'

/** What the broker says when the run is over. */
export interface Audit {
  readonly dead: readonly Entry[]
  /** Deliveries that some group has not been handed yet, or has not settled. */
  readonly left: number
}

const events = [{ apiName: facts.name, eventName: 'happened' }]

/** Reads what the groups have given up and what they have left, without touching it. */
export async function audit(whereabouts: Whereabouts): Promise<Audit> {
  const { event } = transportModule
  if (!event) throw new Error('The transport carries no events.')
  const context: TransportContext = {
    serviceName,
    processName: 'auditor',
    clock: realClock,
    report: () => undefined,
  }
  const transport = event.create(eventOptions(whereabouts), context)
  await transport.open()
  try {
    const dead: Entry[] = []
    let left = 0
    for (const listenerName of groups) {
      const listener = { listenerName, events }
      const standing = await transport.standing?.(listener)
      left += (standing?.lag ?? 0) + (standing?.pending ?? 0)
      for await (const letter of transport.deadLetters?.list(listener) ?? [])
        dead.push({ act: 'dead', event: letter.event?.id ?? letter.nativeId, group: listenerName })
    }
    return { dead, left }
  } finally {
    await transport.close()
  }
}
