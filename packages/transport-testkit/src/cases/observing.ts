import type { DeadLetter, EventTransport, GroupStanding, ListenerAddress } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Cases } from './case.ts'
import { all, handle, idsOf, listen, next } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

const listener: ListenerAddress = { listenerName: 'mail', events: [address] }
const reason = { code: 'TEST', message: 'given up', attempts: 1 }

/** E90, E91: what can be followed, and what adds up. */
export const observingCases = {
  E90: async (stage) => {
    const events = await stage.event()
    const { subscription, deliveries } = await listen(stage, events)
    const headers = {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'correlation-id': 'order 7',
      'causation-id': 'click 3',
      source: 'größe🚌',
    }
    const sent = eventNamed('traced', { headers, version: 2 })
    await events.send(sent)
    const first = await next(deliveries)
    expect(first.event, 'first').to.deep.equal(sent)
    await subscription.giveBack(first.receipt)
    const second = await next(deliveries)
    expect(second.event, 'given back').to.deep.equal(sent)
    await subscription.deadLetter(second.receipt, reason)
    const [letter] = await deadLetters(events)
    expect(letter?.event, 'dead').to.deep.equal(sent)
    if (letter) expect(await events.deadLetters?.redrive(letter), 'redriven').to.equal(true)
    expect((await next(deliveries)).event, 'redriven').to.deep.equal(sent)
  },

  E91: async (stage) => {
    const process = stage.process()
    const events = await process.event()
    const listening = await listen(stage, events, { prefetch: () => 3 })
    for (const event of eventsNamed('expires', 2)) await events.send(event, { ttlMs: 200 })
    await stage.pass(300)
    for (const event of eventsNamed('event', 18)) await events.send(event)
    await handle(listening, 8)
    for (let count = 0; count < 3; count++) {
      const { receipt } = await next(listening.deliveries)
      await listening.subscription.deadLetter(receipt, reason)
    }
    await idsOf(listening.deliveries, 3)
    const standing = await events.standing?.(listener)
    expect(standing?.counts).to.deep.equal({ acknowledged: 8, deadLettered: 3, expired: 2, trimmed: 0 })
    expect(standing?.pending, 'in hand').to.equal(3)
    expect(total(standing), 'all that was sent').to.equal(20)
  },
} satisfies Cases

function deadLetters(events: EventTransport): Promise<readonly DeadLetter[]> {
  if (!events.deadLetters) throw new Error('The feature "dlq" is declared, and there are no deadLetters.')
  return all(events.deadLetters.list(listener))
}

function total(standing: GroupStanding | undefined): number {
  if (!standing?.counts) return NaN
  const { acknowledged, deadLettered, expired, trimmed } = standing.counts
  return standing.lag + standing.pending + acknowledged + deadLettered + expired + trimmed
}
