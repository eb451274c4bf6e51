import { setImmediate as turn } from 'node:timers/promises'
import { createEventMessage, type EventAddress, type EventTransport } from '@lightbus/core/transport'
import { pulling, until } from '../redis-fixture.ts'

interface Scene {
  readonly sender: EventTransport
  readonly hearer: EventTransport
  readonly addresses: readonly EventAddress[]
  readonly failOver: () => Promise<unknown>
}

const afterwardsEnough = 20
const patienceMs = 45_000

/** Sends events during a failover and for a while after it. Returns the ids of those that counted as sent, when all have been heard. */
export async function throughFailover({ sender, hearer, addresses, failOver }: Scene): Promise<string[]> {
  const request = { listenerName: 'l', events: addresses, prefetch: () => 100 }
  const heard = hearing(await hearer.subscribe(request))
  const sent: string[] = []
  let isOver = false
  const failover = failOver().finally(() => (isOver = true))
  // Whoever awaits it below is told.
  failover.catch(() => undefined)
  const endsAt = performance.now() + patienceMs
  for (let afterwards = 0; afterwards < afterwardsEnough;) {
    for (const address of addresses) {
      const event = createEventMessage({ ...address, parameters: {} })
      const isSent = await sender.send(event).then(
        () => true,
        () => false,
      )
      if (isSent) sent.push(event.id)
      if (isSent && isOver) afterwards += 1
    }
    if (performance.now() > endsAt) throw new Error('Nothing can be sent after the failover.')
    // A refusal may come at once, and the connection needs its turn to come back.
    await turn()
  }
  await failover
  await until('all that was sent is heard', () => sent.every((id) => heard.has(id)))
  return sent
}

/** The ids of the events that the subscription brings, which are acknowledged. */
function hearing(subscription: Awaited<ReturnType<EventTransport['subscribe']>>): ReadonlySet<string> {
  const heard = new Set<string>()
  const deliveries = pulling((signal) => subscription.deliveries(signal))
  const hear = async (): Promise<void> => {
    for (;;) {
      const { event, receipt } = await deliveries.next()
      if (event) heard.add(event.id)
      await subscription.acknowledge(receipt).catch(() => undefined)
    }
  }
  // It ends when the transport is closed.
  hear().catch(() => undefined)
  return heard
}
