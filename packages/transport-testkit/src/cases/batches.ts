import { inBatches, isBusError, type EventSubscription, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { clockGrainMs, expectHeard } from './heard.ts'
import { all, handle, listen, next } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

export const batchCases = {
  async E12(stage) {
    const events = await stage.event({ wishes: { maxBytes: 4_000 } })
    await sendsInOrder(stage, events)
    await receivesInBatches(stage, events)
  },
} satisfies Cases

async function sendsInOrder(stage: Stage, events: EventTransport): Promise<void> {
  const listening = await listen(stage, events)
  const tooLarge = eventNamed('too large', { parameters: { text: 'x'.repeat(10_000) } })
  const outcomes = await events.sendBatch?.([eventNamed('a'), tooLarge, eventNamed('b'), eventNamed('c')])
  expect(outcomes, 'the outcomes').to.have.length(4)
  const [a, failure, b, c] = outcomes ?? []
  expect([a, b, c], 'the outcomes of those that were sent').to.deep.equal([undefined, undefined, undefined])
  expect(isBusError(failure, 'BUS_MESSAGE_TOO_LARGE'), `whether ${failure} says why`).to.equal(true)
  expect(await events.sendBatch?.([]), 'the outcomes of nothing').to.deep.equal([])
  const more = eventsNamed('more', 20)
  expect(await events.sendBatch?.(more)).to.deep.equal(more.map(() => undefined))
  const ids = ['a', 'b', 'c', ...more.map(({ id }) => id)]
  expectHeard(events, await handle(listening, ids.length), ids)
  await listening.subscription.close()
}

// Handles the first and the last of each batch.
async function receivesInBatches(stage: Stage, events: EventTransport): Promise<void> {
  const stopping = new AbortController()
  const request = { listenerName: 'mail', events: [address], prefetch: () => 10 }
  const subscription = await events.subscribe(request)
  const signal = AbortSignal.any([stopping.signal, stage.signal])
  const bounds = { size: 3, withinMs: 3_600_000, clock: stage.clock }
  const batches = inBatches(subscription.deliveries(signal), bounds)
  await events.sendBatch?.(eventsNamed('event', 6))
  const held = [await next(batches), await next(batches)]
  const sizes = held.map((batch) => batch.length)
  expect(sizes, 'the sizes of the batches').to.deep.equal([3, 3])
  const ids = held.flat().map(({ event }) => event?.id)
  expectHeard(
    events,
    ids,
    eventsNamed('event', 6).map(({ id }) => id),
  )
  for (const { receipt } of held.flatMap(([first, , last]) => [first!, last!]))
    expect(await subscription.acknowledge(receipt), 'acknowledging one of a batch').to.equal('settled')
  if (events.features.nack)
    expect(await subscription.giveBack(held[0]![1]!.receipt), 'giving back one').to.equal('settled')
  const successor = await events.subscribe(request)
  stopping.abort()
  await all(batches)
  await subscription.close()
  await receivesWithinATime(stage, events, { subscription: successor, rest: [ids[1], ids[4]] })
}

async function receivesWithinATime(
  stage: Stage,
  events: EventTransport,
  { subscription, rest }: { readonly subscription: EventSubscription; readonly rest: readonly unknown[] },
): Promise<void> {
  const bounds = { size: 5, withinMs: 200, clock: stage.clock }
  const batches = inBatches(subscription.deliveries(stage.signal), bounds)
  const handleBatch = async (): Promise<unknown[]> => {
    const batch = await next(batches)
    for (const { receipt } of batch)
      expect(await subscription.acknowledge(receipt), 'acknowledging').to.equal('settled')
    return batch.map(({ event }) => event?.id)
  }
  const heard = await handleBatch()
  while (heard.length < rest.length) heard.push(...(await handleBatch()))
  expect(heard, 'what was left of the batches').to.have.members(rest)
  const sentAt = stage.clock.now()
  await events.send(eventNamed('alone'))
  expect(await handleBatch(), 'a batch that has waited').to.deep.equal(['alone'])
  expect(stage.clock.now(), 'when it was over').to.be.at.least(sentAt + bounds.withinMs - clockGrainMs)
}
