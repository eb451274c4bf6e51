import type { EventFeatures, EventTransport, ListenerAddress } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { all, handle, idsOf, listen, next } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

const listener: ListenerAddress = { listenerName: 'mail', events: [address] }

/** E70–E78: what is kept, for how long, and what is told of it. */
export const keepingCases = {
  E70: async (stage) => {
    await safeRetention(stage)
    await lossyRetention(stage)
  },

  E71: async (stage) => {
    const process = stage.process()
    const events = await process.event()
    const first = await listen(stage, events)
    await events.send(eventNamed('gone'))
    const { nativeId } = await next(first.deliveries)
    await stage.fault('loseBody')(nativeId)
    await first.subscription.close()
    const second = await listen(stage, events)
    await events.send(eventNamed('sentinel'))
    expect(await handle(second, 1)).to.deep.equal(['sentinel'])
    await events.send(eventNamed('another sentinel'))
    expect(await handle(second, 1)).to.deep.equal(['another sentinel'])
    const lost = process.notices.filter(({ type }) => type === 'messages-lost')
    expect(
      lost.map(({ count }) => count),
      'what was reported as lost',
    ).to.deep.equal([1])
    const [group] = (await stage.harness.inspect?.(stage.namespace))?.groups ?? []
    expect(group?.pending ?? 0, 'pending after what is gone was settled').to.equal(0)
  },

  E72: async (stage) => {
    const events = await stage.event({ wishes: { maxLength: Infinity } })
    const sent = eventsNamed('event', 1_000)
    await Promise.all(sent.map((event) => events.send(event)))
    const kept = await pastIds(events)
    expect(kept).to.have.members(sent.map(({ id }) => id))
  },

  E73: async (stage) => {
    const events = await stage.event()
    const { deliveries } = await listen(stage, events)
    for (const event of eventsNamed('old', 3)) await events.send(event)
    await stage.pass(20)
    const between = new Date(stage.clock.now())
    await stage.pass(20)
    for (const event of eventsNamed('new', 3)) await events.send(event)
    await events.send(eventNamed('of another kind', { eventName: 'cancelled' }))
    const ids = ['old-0', 'old-1', 'old-2', 'new-0', 'new-1', 'new-2']
    expect(await pastIds(events)).to.deep.equal(ids)
    expect(await pastIds(events, { newestFirst: true })).to.deep.equal(ids.toReversed())
    expect(await pastIds(events, { from: between })).to.deep.equal(ids.slice(3))
    expect(await pastIds(events, { to: between, newestFirst: true })).to.deep.equal(
      ids.slice(0, 3).toReversed(),
    )
    const past = await all(history(events))
    const [from = '', to = ''] = [past[1]?.nativeId, past[4]?.nativeId]
    expect(await pastIds(events, { from, to })).to.deep.equal(ids.slice(1, 5))
    expect(await pastIds(events, { from, to, exclusive: true })).to.deep.equal(ids.slice(2, 4))
    expect(past[0]?.event).to.deep.equal(eventNamed('old-0'))
    expect(past[3]?.sentAt.getTime()).to.be.at.least(between.getTime())
    expect(await idsOf(deliveries, 6), 'what the group hears, whoever reads the past').to.deep.equal(ids)
    await manyAtOnce(events)
  },

  E74: async (stage) => {
    const events = await stage.event()
    const standing = async (name = 'mail') => {
      const { lag, pending } = (await events.standing?.({ ...listener, listenerName: name })) ?? {}
      return { lag, pending }
    }
    expect(await standing('nobody'), 'no stream').to.deep.equal({ lag: 0, pending: 0 })
    const { subscription, deliveries } = await listen(stage, events, { prefetch: () => 2 })
    expect(await standing(), 'no event').to.deep.equal({ lag: 0, pending: 0 })
    for (const event of eventsNamed('event', 5)) await events.send(event)
    expect(await standing('nobody'), 'no group').to.deep.equal({ lag: 0, pending: 0 })
    expect(await standing(), 'nothing pulled').to.deep.equal({ lag: 5, pending: 0 })
    const held = [await next(deliveries), await next(deliveries)]
    expect(await standing(), 'two in hand').to.deep.equal({ lag: 3, pending: 2 })
    for (const { receipt } of held) await subscription.acknowledge(receipt)
    expect((await standing()).lag, 'what was not handed out may have been fetched').to.be.at.most(3)
    await handle({ subscription, deliveries }, 3)
    expect(await standing(), 'all acknowledged').to.deep.equal({ lag: 0, pending: 0 })
    await laggingBehindATrim(stage)
  },

  E76: async (stage) => {
    const events = await stage.event({ wishes: { eventTtlMs: 300 } })
    const { deliveries } = await listen(stage, events)
    await events.send(eventNamed('expires by the setting'))
    await events.send(eventNamed('expires by its own word'), { ttlMs: 200 })
    await events.send(eventNamed('has longer than the setting'), { ttlMs: 60_000 })
    await stage.pass(400)
    await events.send(eventNamed('has nearly expired'))
    expect(await idsOf(deliveries, 2)).to.deep.equal(['has longer than the setting', 'has nearly expired'])
  },

  E77: async (stage) => {
    const events = await stage.event()
    const members = [await listen(stage, events), await listen(stage, await stage.event())]
    await events.send(eventNamed('was due before'), { delayMs: -1_000 })
    const sender = stage.victim()
    const dueAt = stage.clock.now() + 500
    await sender.sendLater({ ...address, id: 'later' }, 500)
    await sender.kill()
    const heard: unknown[] = []
    stage.during(
      ...members.map(async ({ subscription, deliveries }) => {
        for (let item = await deliveries.next(); !item.done; item = await deliveries.next()) {
          heard.push(item.value.event?.id)
          if (item.value.event?.id === 'later')
            expect(stage.clock.now(), 'when it came').to.be.at.least(dueAt)
          await subscription.acknowledge(item.value.receipt)
        }
      }),
    )
    await stage.until(() => heard.includes('later'))
    await events.send(eventNamed('sentinel'))
    await stage.until(() => heard.includes('sentinel'))
    expect(heard).to.deep.equal(['was due before', 'later', 'sentinel'])
  },

  E78: async (stage) => {
    const events = await stage.event({ wishes: { dedupWindowMs: 1_000 } })
    const { deliveries } = await listen(stage, events)
    const other = await stage.event({ service: 'other', wishes: { dedupWindowMs: 1_000 } })
    await events.send(eventNamed('twice'))
    await events.send(eventNamed('twice'))
    await other.send(eventNamed('twice'))
    await events.send(eventNamed('sentinel'))
    expect(await idsOf(deliveries, 2)).to.deep.equal(['twice', 'sentinel'])
    await stage.pass(1_500)
    await events.send(eventNamed('twice'))
    expect(await idsOf(deliveries, 1), 'after the window').to.deep.equal(['twice'])
  },
} satisfies Cases

async function safeRetention(stage: Stage): Promise<void> {
  const events = await stage.event({ wishes: { maxLength: 10, retention: 'safe' } })
  const slow = await listen(stage, events, { prefetch: () => 200 })
  const sent = eventsNamed('safe', 200)
  await events.send(eventNamed('in hand'))
  const inHand = await next(slow.deliveries)
  for (const event of sent) await events.send(event)
  expect(await slow.subscription.giveBack(inHand.receipt)).to.equal('settled')
  expect(await handle(slow, 201), 'all, however short the stream').to.have.members([
    'in hand',
    ...sent.map(({ id }) => id),
  ])
  await slow.subscription.close()
}

async function lossyRetention(stage: Stage): Promise<void> {
  const process = stage.process({ wishes: { maxLength: 10, retention: 'lossy' } })
  const events = await process.event()
  const apiName = 'shop.lossy'
  const stopped = await listen(stage, events, {
    listenerName: 'stopped',
    events: [{ ...address, apiName }],
    prefetch: () => 1,
  })
  const sent = eventsNamed('lossy', 1_000).map((event) => ({ ...event, apiName }))
  for (const event of sent) await events.send(event)
  await events.send(eventNamed('sentinel', { apiName }))
  let heard = 0
  while ((await handle(stopped, 1))[0] !== 'sentinel') heard += 1
  const lost = () => process.notices.filter(({ type }) => type === 'messages-lost')
  const counted = () => lost().reduce((sum, { count = 0 }) => sum + count, 0)
  expect(heard, 'what was kept').to.be.below(1_000)
  // It is told while the listener goes on.
  stage.during(stopped.deliveries.next())
  await stage.until(() => counted() + heard >= 1_000)
  expect(counted() + heard, 'lost and heard').to.equal(1_000)
  for (const { group } of lost()) expect(group, 'the group that has lost them').to.match(/stopped/)
}

async function laggingBehindATrim(stage: Stage): Promise<void> {
  const { retention }: EventFeatures = (await stage.event()).features
  if (!retention) return
  const events = await stage.event({ wishes: { maxLength: 10, retention: 'lossy' } })
  const behind = await listen(stage, events, { listenerName: 'behind', prefetch: () => 1 })
  for (const event of eventsNamed('event', 500)) await events.send(event)
  await events.send(eventNamed('sentinel'))
  const { lag = NaN } = (await events.standing?.({ ...listener, listenerName: 'behind' })) ?? {}
  let heard = 0
  while ((await handle(behind, 1))[0] !== 'sentinel') heard += 1
  expect(lag, 'behind a trim, the lag is what is left to hear').to.equal(heard + 1)
}

// More than fit into a page of ten thousand, and as many of them within a millisecond as the transport can take.
async function manyAtOnce(events: EventTransport): Promise<void> {
  const apiName = 'shop.many'
  const sent = eventsNamed('event', 10_050).map((event) => ({ ...event, apiName }))
  await Promise.all(sent.map((event) => events.send(event)))
  const ids = (await all(history(events, {}, apiName))).map(({ event }) => event.id)
  expect(ids).to.have.lengthOf(sent.length)
  expect(new Set(ids).size, 'no event twice').to.equal(sent.length)
}

type Query = Parameters<NonNullable<EventTransport['history']>>[1]

function history(events: EventTransport, query: Query = {}, apiName = address.apiName) {
  if (!events.history) throw new Error('The feature "history" is declared, and there is no history().')
  return events.history({ ...address, apiName }, query)
}

async function pastIds(events: EventTransport, query: Query = {}): Promise<string[]> {
  return (await all(history(events, query))).map(({ event }) => event.id)
}
