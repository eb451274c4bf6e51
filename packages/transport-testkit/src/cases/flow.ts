import type { EventDelivery } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { handle, idsOf, iterate, listen, next, type Listening } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

/** E80–E84: how much is in hand, and who waits for whom. */
export const flowCases = {
  E80: async (stage) => {
    const events = await stage.event()
    const limit = { now: 2 }
    const listening = await listen(stage, events, { prefetch: () => limit.now })
    const held = holdAll(stage, listening)
    const sent = eventsNamed('event', 30)
    for (const event of sent) await events.send(event)
    const holds = async (count: number): Promise<void> => {
      await stage.until(() => held.deliveries.length >= count)
      await passSentinel(stage)
      expect(held.deliveries.length, 'in hand').to.equal(count)
    }
    await holds(2)
    limit.now = 5
    listening.subscription.refresh()
    await holds(5)
    limit.now = 1
    listening.subscription.refresh()
    await held.settle(4)
    await holds(1)
    limit.now = 3
    listening.subscription.refresh()
    await holds(3)
    while (held.ids.length < sent.length) {
      await held.settle(held.deliveries.length)
      await stage.until(() => held.deliveries.length > 0)
    }
    expect(held.ids).to.have.members(sent.map(({ id }) => id))
  },

  E81: async (stage) => {
    const events = await stage.event()
    const narrow = await listen(stage, events, { prefetch: () => 2 })
    for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
    const held = await idsOf(narrow.deliveries, 2)
    const third = narrow.deliveries.next()
    stage.during(third)
    const wide = await listen(stage, events)
    expect([...held, ...(await idsOf(wide.deliveries, 1))]).to.have.members(['a', 'b', 'c'])
    await narrow.subscription.close()
    expect((await third).done).to.equal(true)
  },

  E82: async (stage) => {
    const events = await stage.event()
    const slow = await listen(stage, events, { listenerName: 'slow', prefetch: () => 1 })
    const quick = await listen(stage, events, { listenerName: 'quick' })
    await events.send(eventNamed('first'))
    await next(slow.deliveries)
    const sent = eventsNamed('event', 20)
    for (const event of sent) await events.send(event)
    expect(await handle(quick, 21)).to.deep.equal(['first', ...sent.map(({ id }) => id)])
    await quietBesideBusy(stage)
  },

  E83: async (stage) => {
    const events = await stage.event()
    const stopping = new AbortController()
    const subscription = await events.subscribe({
      listenerName: 'mail',
      events: [address],
      prefetch: () => 10,
    })
    const deliveries = iterate(subscription.deliveries(stopping.signal))
    for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
    await next(deliveries)
    stopping.abort()
    expect((await deliveries.next()).done).to.equal(true)
    await subscription.close()
    const other = await listen(stage, events)
    expect(await idsOf(other.deliveries, 3)).to.have.members(['a', 'b', 'c'])
  },

  E84: async (stage) => {
    const events = await stage.event()
    // The group is there before the first event, whoever wins the first race.
    await (await listen(stage, events)).subscription.close()
    const settled = new Set<unknown>()
    const rounds = stage.rounds(1_000)
    for (let round = 0; round < rounds; round++) {
      const { subscription, deliveries } = await listen(stage, events, { prefetch: () => 1 })
      const [pulled] = await Promise.all([
        deliveries.next(),
        events.send(eventNamed(`event-${round}`)),
        stage.random() < 0.5 ? subscription.close() : afterOneMoment().then(() => subscription.close()),
      ])
      const delivery = pulled.done ? undefined : pulled.value
      if (delivery && (await subscription.acknowledge(delivery.receipt)) === 'settled')
        settled.add(delivery.event?.id)
    }
    await events.send(eventNamed('sentinel'))
    const last = await listen(stage, events)
    while (!settled.has('sentinel')) for (const id of await handle(last, 1)) settled.add(id)
    expect(settled.size, 'all events, and the sentinel').to.equal(rounds + 1)
  },
} satisfies Cases

interface Held {
  /** In hand. */
  readonly deliveries: EventDelivery[]
  /** Of all that were ever in hand. */
  readonly ids: unknown[]
  settle(count: number): Promise<void>
}

/** Pulls all that comes and keeps it in hand. */
function holdAll(stage: Stage, { subscription, deliveries }: Listening): Held {
  const held: EventDelivery[] = []
  const ids: unknown[] = []
  const pull = async (): Promise<void> => {
    for (let item = await deliveries.next(); !item.done; item = await deliveries.next()) {
      held.push(item.value)
      ids.push(item.value.event?.id)
    }
  }
  stage.during(pull())
  return {
    deliveries: held,
    ids,
    async settle(count) {
      for (const { receipt } of held.splice(0, count)) await subscription.acknowledge(receipt)
    },
  }
}

/** Sends an event to somebody else and waits for it: what was to come before has come by then. */
async function passSentinel(stage: Stage): Promise<void> {
  const events = await stage.event({ service: 'sentinel' })
  const { deliveries, subscription } = await listen(stage, events, {
    events: [{ ...address, eventName: 'sentinel' }],
  })
  await events.send(eventNamed('sentinel', { eventName: 'sentinel' }))
  await next(deliveries)
  await subscription.close()
}

async function quietBesideBusy(stage: Stage): Promise<void> {
  const events = await stage.event()
  const [busy, quiet] = ['shop.busy', 'shop.quiet'].map((apiName) => ({ ...address, apiName }))
  if (!busy || !quiet) throw new Error('There are two.')
  const both = await listen(stage, events, { listenerName: 'both', events: [busy, quiet] })
  for (const event of eventsNamed('busy', 50)) await events.send({ ...event, ...busy })
  await events.send(eventNamed('quiet', quiet))
  let handled = 0
  // One comes for one that goes, so that the busy API never runs dry.
  while ((await handle(both, 1))[0] !== 'quiet') {
    handled += 1
    expect(handled, 'events of the busy API before that of the quiet one').to.be.at.most(500)
    await events.send(eventNamed(`busy-again-${handled}`, busy))
  }
}

function afterOneMoment(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
