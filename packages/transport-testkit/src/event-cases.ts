import {
  createEventMessage,
  type EventDelivery,
  type EventFeatures,
  type EventTransport,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import { address, eventNamed } from './samples.ts'
import { iterate, next, type Case, type Stage } from './stage.ts'

const request = { listenerName: 'mail', events: [address], prefetch: () => 10 }
const reason = { code: 'TEST', message: 'given up', attempts: 1 }

async function listen(stage: Stage, events: EventTransport, changes: Partial<typeof request> = {}) {
  const subscription = await events.subscribe({ ...request, ...changes })
  return { subscription, deliveries: iterate(subscription.deliveries(stage.signal)) }
}

async function idsOf(deliveries: AsyncIterator<EventDelivery>, count: number): Promise<unknown[]> {
  const ids: unknown[] = []
  while (ids.length < count) ids.push((await next(deliveries)).event?.id)
  return ids
}

/** E: events. */
export function eventCases(features: EventFeatures, run: Case): void {
  basicCases(run)
  if (features.groups) groupCases(run)
  if (features.durable) durableCases(run)
  timeCases(features, run)
  settlingCases(features, run)
  flowCases(features, run)
}

function basicCases(run: Case): void {
  run('E1 an event arrives as it was sent', async (stage) => {
    const events = await stage.event()
    const { deliveries } = await listen(stage, events)
    const sent = createEventMessage({
      ...address,
      version: 3,
      parameters: { text: 'Größe 🚌', list: [1, 2.5, null, true], nested: { '': 'empty' } },
      headers: { traceparent: '00-1-2-01' },
    })
    await events.send(sent)
    const delivery = await next(deliveries)
    expect(delivery.event).to.deep.equal(sent)
    expect(delivery.nativeId).to.be.a('string').and.not.equal('')
  })

  run('E2 a listener hears what it listens for, and nothing else', async (stage) => {
    const events = await stage.event()
    const { deliveries } = await listen(stage, events)
    await events.send(eventNamed('other event', { ...address, eventName: 'cancelled' }))
    await events.send(eventNamed('other api', { ...address, apiName: 'shop.stock' }))
    await events.send(eventNamed('sentinel'))
    expect(await idsOf(deliveries, 1)).to.deep.equal(['sentinel'])
  })

  run('E3 many publishers reach many consumers, each event one of them', async (stage) => {
    const events = await stage.event()
    const ids = Array.from({ length: 50 }, (_, index) => `event-${index}`)
    const consumers = await Promise.all(Array.from({ length: 10 }, () => listen(stage, events)))
    const heard: unknown[] = []
    const all = new Promise<void>((resolve) => {
      const hear = async ({ subscription, deliveries }: (typeof consumers)[number]): Promise<void> => {
        for (let item = await deliveries.next(); !item.done; item = await deliveries.next()) {
          heard.push(item.value.event?.id)
          await subscription.acknowledge(item.value.receipt)
          if (heard.length >= ids.length) resolve()
        }
      }
      stage.during(consumers.map(hear))
    })
    await Promise.all(ids.map((id) => events.send(eventNamed(id))))
    await all
    expect(heard).to.have.members(ids)
  })

  run('E7 a group may be there before the first event', async (stage) => {
    const events = await stage.event()
    const { deliveries } = await listen(stage, events)
    await (await stage.event('other')).send(eventNamed('first'))
    expect(await idsOf(deliveries, 1)).to.deep.equal(['first'])
  })
}

function groupCases(run: Case): void {
  run('E4 each group gets every event, inside a group one member does', async (stage) => {
    const events = await stage.event()
    const mail = await listen(stage, events)
    const log = await listen(stage, events, { listenerName: 'log' })
    const other = await listen(stage, await stage.event('other'))
    for (const id of ['a', 'b']) await events.send(eventNamed(id))
    for (const { deliveries } of [mail, log, other])
      expect(await idsOf(deliveries, 2)).to.have.members(['a', 'b'])
  })
}

function durableCases(run: Case): void {
  run('E9 events sent while all consumers are down arrive afterwards', async (stage) => {
    const events = await stage.event()
    await listen(stage, events)
    await events.close()
    const sender = await stage.event('other')
    await sender.send(eventNamed('meanwhile'))
    const { deliveries } = await listen(stage, await stage.event())
    expect(await idsOf(deliveries, 1)).to.deep.equal(['meanwhile'])
  })
}

function timeCases(features: EventFeatures, run: Case): void {
  if (features.replay) {
    run('E8 a new group may start in the past, one that exists stays where it is', async (stage) => {
      const events = await stage.event()
      await events.send(eventNamed('past'))
      const fromNow = await events.subscribe(request)
      await fromNow.close()
      const old = await events.subscribe({ ...request, listenerName: 'log', since: 'beginning' })
      const same = await events.subscribe({ ...request, since: 'beginning' })
      await events.send(eventNamed('present'))
      expect(await idsOf(iterate(old.deliveries(stage.signal)), 2)).to.deep.equal(['past', 'present'])
      expect(await idsOf(iterate(same.deliveries(stage.signal)), 1)).to.deep.equal(['present'])
    })
  }
  if (features.delay) {
    run('E77 an event sent for later comes no sooner', async (stage) => {
      const events = await stage.event()
      const { deliveries } = await listen(stage, events)
      const dueAt = stage.clock.now() + 100
      await events.send(eventNamed('later'), { delayMs: 100 })
      await events.send(eventNamed('sentinel'))
      expect(await idsOf(deliveries, 2)).to.deep.equal(['sentinel', 'later'])
      expect(stage.clock.now()).to.be.at.least(dueAt)
    })
  }
}

function settlingCases(features: EventFeatures, run: Case): void {
  run('E20 acknowledging is final, doing so twice or for a strange receipt harmless', async (stage) => {
    const events = await stage.event()
    const first = await listen(stage, events)
    await events.send(eventNamed('a'))
    const { receipt } = await next(first.deliveries)
    expect(await first.subscription.acknowledge(receipt)).to.equal('settled')
    expect(await first.subscription.acknowledge(receipt)).to.equal('lost')
    expect(await first.subscription.acknowledge({})).to.equal('lost')
    await first.subscription.close()
    const second = await listen(stage, events)
    await events.send(eventNamed('sentinel'))
    expect(await idsOf(second.deliveries, 1)).to.deep.equal(['sentinel'])
  })

  if (features.nack) {
    run('E21 what is given back is delivered again, E25 unchanged by its handler', async (stage) => {
      const events = await stage.event()
      const { subscription, deliveries } = await listen(stage, events)
      await events.send(eventNamed('a'))
      const first = await next(deliveries)
      Object.assign(first.event?.parameters ?? {}, { id: 'changed' })
      expect(await subscription.giveBack(first.receipt)).to.equal('settled')
      expect((await next(deliveries)).event).to.deep.equal(eventNamed('a'))
    })
  }
  if (features.nack === 'delayed') {
    run('E22 what is given back for later comes no sooner', async (stage) => {
      const events = await stage.event()
      const { subscription, deliveries } = await listen(stage, events)
      await events.send(eventNamed('a'))
      const dueAt = stage.clock.now() + 100
      await subscription.giveBack((await next(deliveries)).receipt, { delayMs: 100 })
      await events.send(eventNamed('sentinel'))
      expect(await idsOf(deliveries, 2)).to.deep.equal(['sentinel', 'a'])
      expect(stage.clock.now()).to.be.at.least(dueAt)
    })
  }
  if (features.nack && features.deliveryCount) {
    run('E24 attempts are counted exactly, also over members', async (stage) => {
      const events = await stage.event()
      const first = await listen(stage, events)
      await events.send(eventNamed('a'))
      for (const attempt of [1, 2]) {
        const delivery = await next(first.deliveries)
        expect(delivery.attempt).to.equal(attempt)
        await first.subscription.giveBack(delivery.receipt)
      }
      await first.subscription.close()
      const second = await listen(stage, events)
      expect((await next(second.deliveries)).attempt).to.equal(3)
    })
  }
  if (features.dlq) {
    run('E26 E28 what is dead-lettered is not delivered again', async (stage) => {
      const events = await stage.event()
      const { subscription, deliveries } = await listen(stage, events)
      await events.send(eventNamed('a'))
      const { receipt } = await next(deliveries)
      expect(await subscription.deadLetter(receipt, reason)).to.equal('settled')
      expect(await subscription.deadLetter(receipt, reason)).to.equal('lost')
      await events.send(eventNamed('sentinel'))
      expect(await idsOf(deliveries, 1)).to.deep.equal(['sentinel'])
    })
  }
}

function flowCases(features: EventFeatures, run: Case): void {
  if (features.order) {
    run('E50 one consumer hears events in the order of their sending', async (stage) => {
      const events = await stage.event()
      const { deliveries } = await listen(stage, events, { prefetch: () => 100 })
      const ids = Array.from({ length: 50 }, (_, index) => `event-${index}`)
      for (const id of ids) await events.send(eventNamed(id))
      expect(await idsOf(deliveries, ids.length)).to.deep.equal(ids)
    })
  }

  run('E81 no more is held than the prefetch allows', async (stage) => {
    const events = await stage.event()
    const narrow = await listen(stage, events, { prefetch: () => 2 })
    for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
    const held = await idsOf(narrow.deliveries, 2)
    const third = narrow.deliveries.next()
    const wide = await listen(stage, events)
    const rest = await idsOf(wide.deliveries, 1)
    expect([...held, ...rest]).to.have.members(['a', 'b', 'c'])
    await narrow.subscription.close()
    expect((await third).done).to.equal(true)
  })

  run('E83 an aborted subscription that is closed leaves its events to others', async (stage) => {
    const events = await stage.event()
    const stopping = new AbortController()
    const subscription = await events.subscribe(request)
    const deliveries = iterate(subscription.deliveries(stopping.signal))
    for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
    await next(deliveries)
    stopping.abort()
    expect((await deliveries.next()).done).to.equal(true)
    await subscription.close()
    const other = await listen(stage, events)
    expect(await idsOf(other.deliveries, 3)).to.have.members(['a', 'b', 'c'])
  })
}
