import type { EventDelivery, EventFeatures } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Settlement } from '../victim.ts'
import type { Cases } from './case.ts'
import { keepHandling, keepHolding } from './heard.ts'
import { givenUp, lettersOf } from './letters.ts'
import { handle, listen, next, type Listening } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

const wishes = { leaseMs: 1_000 }

export const leasesCases = {
  async E32(stage) {
    const sender = await stage.event({ service: 'web' })
    const events = await stage.event({ wishes })
    const { subscription, deliveries } = await listen(stage, events, { prefetch: () => 1 })
    await sender.send(eventNamed('slow'))
    const slow = await next(deliveries)
    const elsewhere = keepHandling(stage, await listen(stage, await stage.event({ wishes })))
    await stage.pass(longerThan(events.features.lease))
    await sender.send(eventNamed('sentinel'))
    await stage.until(() => elsewhere.includes('sentinel'))
    expect(elsewhere, 'what another member has heard').to.deep.equal(['sentinel'])
    expect(slow.lost?.aborted ?? false, 'whether it counts as lost').to.equal(false)
    expect(await subscription.renew(slow.receipt), 'renewing').to.equal('settled')
    expect(await subscription.acknowledge(slow.receipt), 'acknowledging').to.equal('settled')
  },

  E33: keepsWhatIsNotStarted,
  E34: leavesItsOwnAlone,
  E35: tellsWhoHasLost,
} satisfies Cases

/** Three times as long as a silent process keeps what it holds, and a little more. */
function longerThan(leaseMs = 0): number {
  return 3.2 * leaseMs
}

async function keepsWhatIsNotStarted(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event({ wishes })
  const ids = eventsNamed('event', 5).map(({ id }) => id)
  let room = 10
  const { subscription, deliveries } = await listen(stage, events, { prefetch: () => room })
  for (const id of ids) await sender.send(eventNamed(id))
  const here = [await next(deliveries)]
  room = 0
  const { standing, features } = events
  const listener = { listenerName: 'mail', events: [address] }
  const unfetched = features.lag ? (await standing?.call(events, listener))?.lag : ids.length - 1
  const elsewhere = keepHolding(stage, await listen(stage, await stage.event({ wishes })))
  await stage.pass(longerThan(features.lease))
  await sender.send(eventNamed('sentinel'))
  const idsOf = (held: readonly EventDelivery[]): unknown[] => held.map(({ event }) => event?.id)
  await stage.until(() => idsOf(elsewhere).includes('sentinel'))
  expect(elsewhere.length - 1, 'how many went elsewhere').to.be.at.most(unfetched ?? 0)
  while (here.length + elsewhere.length < ids.length + 1) here.push(await next(deliveries))
  expect(idsOf([...here, ...elsewhere]), 'what was handed over').to.have.members([...ids, 'sentinel'])
  for (const { attempt } of [...here, ...elsewhere]) expect(attempt, 'the attempt').to.equal(1)
  for (const { receipt, lost } of here) {
    expect(lost?.aborted ?? false, 'whether it counts as lost').to.equal(false)
    expect(await subscription.acknowledge(receipt), 'acknowledging').to.equal('settled')
  }
}

// One subscription alone, and two of one process in the same group, each looking for what it may claim.
async function leavesItsOwnAlone(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event({ wishes })
  const sold = { apiName: 'shop.stock', eventName: 'sold' }
  const one = await listen(stage, events)
  const pair = [
    await listen(stage, events, { events: [sold] }),
    await listen(stage, events, { events: [sold] }),
  ]
  const alone = keepHolding(stage, one)
  const together = pair.map((listening) => keepHolding(stage, listening))
  await sender.send(eventNamed('order'))
  await sender.send(eventNamed('sale', sold))
  await stage.until(() => alone.length > 0 && together.flat().length > 0)
  await stage.pass(longerThan(events.features.lease))
  await sender.send(eventNamed('next order'))
  await sender.send(eventNamed('next sale', sold))
  await stage.until(() => alone.length > 1 && together.flat().length > 1)
  const idsOf = (held: readonly EventDelivery[]): unknown[] => held.map(({ event }) => event?.id)
  expect(idsOf(alone), 'what the one has').to.deep.equal(['order', 'next order'])
  expect(idsOf(together.flat()), 'what the two have').to.have.members(['sale', 'next sale'])
  for (const { receipt } of alone)
    expect(await one.subscription.acknowledge(receipt), 'acknowledging').to.equal('settled')
  for (const [index, held] of together.entries())
    for (const { receipt } of held)
      expect(await pair[index]?.subscription.acknowledge(receipt), 'acknowledging').to.equal('settled')
}

async function tellsWhoHasLost(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event({ wishes })
  const { nack, dlq } = events.features
  const lateWords = lateWordsFor(events.features)
  const ids = ['kept', ...Object.keys(lateWords)]
  const victim = stage.victim({ wishes })
  await victim.listen({ listenerName: 'mail', events: [address], prefetch: 10 })
  for (const id of ids) await sender.send(eventNamed(id))
  await victim.take(ids.length)
  const survivor = await listen(stage, events)
  await victim.freeze()
  const held = await takesOver(survivor, ids, events.features)
  const returned = held.get(returnedId)
  const rest = nack === 'delayed' ? { delayMs: 300 } : {}
  if (returned) expect(await survivor.subscription.giveBack(returned.receipt, rest)).to.equal('settled')
  held.delete(returnedId)
  await victim.thaw()
  for (const [id, how] of Object.entries(lateWords))
    expect(await victim.settle(id, how), `the late word on what is ${id}`).to.equal('lost')
  await stage.until(() => victim.isLost('kept'))
  expect(await victim.settle('kept', { type: 'acknowledge' }), 'when it knows').to.equal('lost')
  // So that it does not take again what was returned.
  await victim.kill()
  if (nack) expect(await handle(survivor, 1), 'what was returned').to.deep.equal([returnedId])
  for (const [id, { receipt, lost }] of held) {
    expect(lost?.aborted ?? false, `whether ${id} is lost to the survivor`).to.equal(false)
    expect(await survivor.subscription.acknowledge(receipt), `its word on ${id}`).to.equal('settled')
  }
  await sender.send(eventNamed('sentinel'))
  expect(await handle(survivor, 1), 'what comes next').to.deep.equal(['sentinel'])
  if (dlq) expect(await lettersOf(events), 'the dead letters').to.deep.equal([])
}

const returnedId = 'given back by the survivor'

/** What a process says of events that it has lost, by their ids. */
function lateWordsFor({ nack, dlq }: EventFeatures): Readonly<Record<string, Settlement>> {
  const acknowledge = { type: 'acknowledge' } as const
  const giveBack = { type: 'give-back', delayMs: 0 } as const
  return {
    'acknowledged late': acknowledge,
    ...(nack ? { [returnedId]: acknowledge, 'given back late': giveBack } : {}),
    ...(dlq ? { 'given up late': { type: 'dead-letter', reason: givenUp } } : {}),
  }
}

async function takesOver(
  { deliveries }: Listening,
  ids: readonly string[],
  { deliveryCount }: EventFeatures,
): Promise<Map<string, EventDelivery>> {
  const held = new Map<string, EventDelivery>()
  while (held.size < ids.length) {
    const delivery = await next(deliveries)
    const id = delivery.event?.id ?? ''
    expect(held.has(id), `whether the survivor was given ${id} twice`).to.equal(false)
    if (deliveryCount) expect(delivery.attempt, `the attempt of ${id}`).to.equal(2)
    held.set(id, delivery)
  }
  expect([...held.keys()], 'what the survivor was given').to.have.members(ids)
  return held
}
