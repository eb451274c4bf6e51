import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { attemptCases } from './attempts.ts'
import type { Cases } from './case.ts'
import { deadLetterCases } from './dead-letters.ts'
import { clockGrainMs, keepHandling } from './heard.ts'
import { givenUp, lettersOf } from './letters.ts'
import { handle, listen, next } from './pulling.ts'
import { address, eventNamed } from './samples.ts'

// So that what a member has left is soon found by others.
const wishes = { leaseMs: 1_000 }

export const settlingCases = {
  E20: settlesForGood,
  E21: givesBackToAnybody,
  E22: waitsOutItsDelay,
  E25: keepsItsContents,
  E31: keepsWhatWasSettled,
  ...attemptCases,
  ...deadLetterCases,
} satisfies Cases

async function settlesForGood(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web', wishes })
  const process = stage.process({ wishes })
  const events = await process.event()
  const { nack, dlq, lease } = events.features
  const { subscription, deliveries } = await listen(stage, events)
  for (const id of ['a', 'b']) await sender.send(eventNamed(id))
  const [a, b] = [await next(deliveries), await next(deliveries)]
  expect(await subscription.acknowledge(a.receipt), 'the first time').to.equal('settled')
  expect(await subscription.acknowledge(a.receipt), 'the second time').to.equal('lost')
  expect(await subscription.acknowledge({}), 'for a strange receipt').to.equal('lost')
  if (nack) expect(await subscription.giveBack(a.receipt), 'giving it back then').to.equal('lost')
  if (dlq) expect(await subscription.deadLetter(a.receipt, givenUp), 'giving it up then').to.equal('lost')
  if (lease) expect(await subscription.renew(a.receipt), 'renewing it then').to.equal('lost')
  expect(await subscription.acknowledge(b.receipt), 'the other one').to.equal('settled')
  await sender.send(eventNamed('sentinel'))
  expect(await handle({ subscription, deliveries }, 1), 'what comes next').to.deep.equal(['sentinel'])
  await process.close()

  const again = await listen(stage, await stage.event({ wishes }))
  expect(await again.subscription.acknowledge(a.receipt), 'with an old receipt').to.equal('lost')
  if (lease) await stage.pass(2 * lease)
  await sender.send(eventNamed('another sentinel'))
  const heard = await handle(again, 1)
  expect(heard, 'what comes after a restart').to.deep.equal(['another sentinel'])
  if (dlq) expect(await lettersOf(await stage.event()), 'dead letters').to.deep.equal([])
}

async function givesBackToAnybody(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  let room = 10
  const first = await listen(stage, await stage.event({ wishes }), { prefetch: () => room })
  await sender.send(eventNamed('a'))
  const once = await next(first.deliveries)
  expect(await first.subscription.giveBack(once.receipt), 'giving it back').to.equal('settled')
  const twice = await next(first.deliveries)
  expect(twice.event?.id, 'what comes again').to.equal('a')
  expect(await first.subscription.acknowledge(once.receipt), 'with the old receipt').to.equal('lost')
  const second = await listen(stage, await stage.event({ wishes }))
  const waiting = second.deliveries.next()
  room = 0
  expect(await first.subscription.giveBack(twice.receipt), 'giving it back again').to.equal('settled')
  const thrice = (await waiting).value
  expect(thrice?.event?.id, 'what comes to another member').to.equal('a')
  expect(thrice && (await second.subscription.acknowledge(thrice.receipt))).to.equal('settled')
  await sender.send(eventNamed('sentinel'))
  expect(await handle(second, 1), 'what comes next').to.deep.equal(['sentinel'])
}

async function waitsOutItsDelay(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event({ wishes })
  const { deliveryCount, lease = 0 } = events.features
  const victim = stage.victim({ wishes })
  await victim.listen({ listenerName: 'mail', events: [address], prefetch: 1 })
  await sender.send(eventNamed('a'))
  await victim.take(1)
  // The delay begins when it is given back, not when it was taken.
  await stage.pass(200)
  // Longer than what a silent process holds is kept for it.
  const delayMs = Math.max(500, 2 * lease)
  let dueAt = stage.clock.now() + delayMs
  expect(await victim.settle('a', { type: 'give-back', delayMs })).to.equal('settled')
  await victim.kill()
  const { subscription, deliveries } = await listen(stage, events)
  let { event, attempt, receipt } = await next(deliveries)
  expect(stage.clock.now(), 'when it comes to a survivor').to.be.at.least(dueAt - clockGrainMs)
  expect(event?.id, 'what comes to a survivor').to.equal('a')
  if (deliveryCount) expect(attempt, 'the attempt').to.equal(2)
  dueAt = stage.clock.now() + 300
  expect(await subscription.giveBack(receipt, { delayMs: 300 })).to.equal('settled')
  ;({ event, attempt, receipt } = await next(deliveries))
  expect(stage.clock.now(), 'when it comes again').to.be.at.least(dueAt - clockGrainMs)
  expect(event?.id, 'what comes again').to.equal('a')
  if (deliveryCount) expect(attempt, 'the attempt').to.equal(3)
  expect(await subscription.acknowledge(receipt)).to.equal('settled')
  await sender.send(eventNamed('sentinel'))
  expect(await handle({ subscription, deliveries }, 1), 'what comes next').to.deep.equal(['sentinel'])
}

async function keepsItsContents(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event()
  const { subscription, deliveries } = await listen(stage, events)
  const changes = { parameters: { nested: { list: [1, { two: 2 }] } }, headers: { tenant: 'a' } }
  const sent = eventNamed('a', structuredClone(changes))
  const original = structuredClone(sent)
  await sender.send(sent)
  spoil(sent)
  for (let attempt = 1; attempt <= 3; attempt++) {
    const { event, receipt } = await next(deliveries)
    expect(event, `the event at attempt ${attempt}`).to.deep.equal(original)
    spoil(event)
    expect(await subscription.giveBack(receipt)).to.equal('settled')
  }
}

// What is frozen cannot be spoilt, which is as good.
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, part] of Object.entries(value)) {
    spoil(part)
    if (typeof part !== 'object') Reflect.set(value, name, 'spoilt')
  }
  if (!Array.isArray(value)) Reflect.set(value, 'added', 'spoilt')
}

async function keepsWhatWasSettled(stage: Stage): Promise<void> {
  const events = await stage.event({ wishes })
  const victim = stage.victim({ wishes })
  await victim.listen({ listenerName: 'mail', events: [address], prefetch: 5 })
  const ids = ['a', 'b', 'c', 'd', 'e']
  await events.sendBatch?.(ids.map((id) => eventNamed(id)))
  const taken = await victim.take(5)
  expect(
    taken.map(({ id }) => id),
    'the batch',
  ).to.have.members(ids)
  const heard = keepHandling(stage, await listen(stage, events))
  for (const id of ['a', 'c']) expect(await victim.settle(id, { type: 'acknowledge' })).to.equal('settled')
  await victim.kill()
  await stage.until(() => heard.length >= 3)
  await events.send(eventNamed('sentinel'))
  await stage.until(() => heard.includes('sentinel'))
  expect(heard, 'what a survivor hears').to.have.members(['b', 'd', 'e', 'sentinel'])
}
