import type { EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { batchCases } from './batches.ts'
import type { Cases } from './case.ts'
import { expectHeard, keepHandling } from './heard.ts'
import { all, handle, iterate, listen, next } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'
import { positionCases } from './positions.ts'

export const deliveryCases = {
  E1: arrivesAsSent,
  E2: hearsNothingElse,
  E3: reachesOneOfMany,
  E4: reachesEachGroup,
  E5: reachesEveryProcess,

  async E7(stage) {
    const sender = await stage.event({ service: 'web' })
    const events = await stage.event()
    const asleep = await listen(stage, events)
    const sold = { apiName: 'shop.stock', eventName: 'sold' }
    const awake = await listen(stage, events, { events: [sold] })
    const waiting = awake.deliveries.next()
    await sender.send(eventNamed('before it was pulled'))
    const sentAt = stage.clock.now()
    await sender.send(eventNamed('while it waits', sold))
    expect((await waiting).value?.event?.id).to.equal('while it waits')
    expect(stage.clock.now() - sentAt, 'milliseconds until it came').to.be.below(3_000)
    expect(await handle(asleep, 1)).to.deep.equal(['before it was pulled'])
  },

  E11: hasNoGap,
  ...positionCases,
  ...batchCases,
} satisfies Cases

const various = [
  eventNamed('rich', {
    version: 3,
    parameters: {
      text: 'Größe 🚌 "quoted"\n',
      list: [1, -2.5, 1e21, null, true, ''],
      nested: { '': 'empty', deep: [{ er: {} }, []] },
      nothing: null,
      no: false,
    },
    headers: { traceparent: '00-1-2-01', tenant: 'Zürich', '': 'nameless' },
  }),
  eventNamed('bare', { parameters: {} }),
  eventNamed('keyed', { key: 'customer 7' }),
]

async function arrivesAsSent(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event()
  const { subscription, deliveries } = await listen(stage, events)
  const nativeIds: string[] = []
  for (const sent of various) {
    const original = structuredClone(sent)
    await sender.send(sent)
    const { event, attempt, nativeId, receipt } = await next(deliveries)
    expect(event, 'the event').to.deep.equal(original)
    expect(attempt, 'the attempt').to.equal(1)
    expect(nativeId, 'the native id').to.be.a('string').and.not.equal('')
    expect(nativeIds, 'the native ids of the others').not.to.include(nativeId)
    nativeIds.push(nativeId)
    expect(await subscription.acknowledge(receipt), 'acknowledging').to.equal('settled')
  }
  if (!events.features.history || !events.history) return
  const past = await all(events.history(address))
  expect(
    past.map(({ nativeId }) => nativeId),
    'the native ids in the history',
  ).to.deep.equal(nativeIds)
}

async function hearsNothingElse(stage: Stage): Promise<void> {
  const events = await stage.event()
  const sold = { apiName: 'shop.stock', eventName: 'sold' }
  const listener = { listenerName: 'mail', events: [address, sold] }
  const heard = keepHandling(stage, await listen(stage, events, listener))
  const sends = [
    eventNamed('wanted order'),
    eventNamed('unwanted order', { eventName: 'sold' }),
    eventNamed('unwanted sale', { ...sold, eventName: 'placed' }),
    eventNamed('wanted sale', sold),
    eventNamed('unwanted API', { apiName: 'shop.order' }),
    eventNamed('unwanted case', { eventName: 'Placed' }),
    eventNamed('last order'),
    eventNamed('last sale', sold),
  ]
  for (const event of sends) await events.send(event)
  await stage.until(() => heard.includes('last order') && heard.includes('last sale'))
  expect(heard, 'what was heard').to.have.members(['wanted order', 'wanted sale', 'last order', 'last sale'])
  await stage.until(() => nothingIsPending(stage, events, listener))
}

async function nothingIsPending(
  stage: Stage,
  events: EventTransport,
  listener: { readonly listenerName: string; readonly events: readonly (typeof address)[] },
): Promise<boolean> {
  const standing = events.features.lag ? await events.standing?.(listener) : { pending: 0 }
  const groups = stage.harness.inspect ? (await stage.inspect()).groups : []
  return standing?.pending === 0 && groups.every(({ pending }) => pending === 0)
}

async function reachesOneOfMany(stage: Stage): Promise<void> {
  const consumers = await Promise.all(
    Array.from({ length: 50 }, async () => keepHandling(stage, await listen(stage, await stage.event()))),
  )
  const senders = await Promise.all(Array.from({ length: 50 }, () => stage.event({ service: 'web' })))
  await Promise.all(senders.map((sender, index) => sender.send(eventNamed(`event-${index}`))))
  await stage.until(() => consumers.flat().length >= 50)
  await Promise.all(senders.slice(0, 5).map((sender, index) => sender.send(eventNamed(`sentinel-${index}`))))
  const isHeard = (index: number): boolean => consumers.some((ids) => ids.includes(`sentinel-${index}`))
  await stage.until(() => [0, 1, 2, 3, 4].every(isHeard))
  const expected = [...eventsNamed('event', 50), ...eventsNamed('sentinel', 5)].map(({ id }) => id)
  expect(consumers.flat(), 'what all have heard').to.have.members(expected)
}

async function reachesEachGroup(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const shop = await stage.event()
  const member = async (events: EventTransport, listenerName: string): Promise<readonly unknown[]> =>
    keepHandling(stage, await listen(stage, events, { listenerName }))
  const groups = {
    'mail of shop': [await member(shop, 'mail'), await member(await stage.event(), 'mail')],
    'log of shop': [await member(shop, 'log')],
    'mail of billing': [await member(await stage.event({ service: 'billing' }), 'mail')],
  }
  const sent = eventsNamed('event', 20)
  await Promise.all(sent.map((event) => sender.send(event)))
  for (const members of Object.values(groups)) await stage.until(() => members.flat().length >= sent.length)
  await sender.send(eventNamed('sentinel'))
  for (const members of Object.values(groups)) await stage.until(() => members.flat().includes('sentinel'))
  const expected = [...sent.map(({ id }) => id), 'sentinel']
  for (const [name, members] of Object.entries(groups)) expect(members.flat(), name).to.have.members(expected)
}

async function reachesEveryProcess(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  await sender.send(eventNamed('too early'))
  const processes: (readonly unknown[])[] = []
  for (const service of ['shop', 'shop', 'billing']) {
    const events = await stage.event({ service })
    processes.push(keepHandling(stage, await listen(stage, events, { audience: 'every-process' })))
  }
  for (const event of eventsNamed('event', 10)) await sender.send(event)
  await sender.send(eventNamed('sentinel'))
  for (const heard of processes) {
    await stage.until(() => heard.includes('sentinel'))
    const expected = [...eventsNamed('event', 10).map(({ id }) => id), 'sentinel']
    expectHeard(sender, heard, expected, 'what one of the processes has heard')
  }
}

// Between two reads, and between two iterations of the same subscription, there is time to miss something.
async function hasNoGap(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event()
  const subscription = await events.subscribe({
    listenerName: 'mail',
    events: [address],
    audience: 'every-process',
    prefetch: () => 3,
  })
  const sent: string[] = []
  const heard: unknown[] = []
  const send = async (): Promise<void> => {
    const id = `event-${sent.length}`
    sent.push(id)
    await sender.send(eventNamed(id))
  }
  await send()
  for (let round = 0; round < stage.rounds(10); round++) {
    const stopping = new AbortController()
    const deliveries = iterate(subscription.deliveries(AbortSignal.any([stopping.signal, stage.signal])))
    for (let read = 0; read < 4; read++) {
      if (stage.random() < 0.7) await send()
      if (heard.length === sent.length) await send()
      heard.push(...(await handle({ subscription, deliveries }, 1)))
      if (stage.random() < 0.3) await send()
    }
    stopping.abort()
    expect((await deliveries.next()).done, 'whether the iteration has ended').to.equal(true)
    await send()
  }
  const rest = { subscription, deliveries: iterate(subscription.deliveries(stage.signal)) }
  heard.push(...(await handle(rest, sent.length - heard.length)))
  expect(heard, 'what was heard').to.have.members(sent)
}
