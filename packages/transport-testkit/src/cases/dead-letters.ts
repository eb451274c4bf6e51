import { setImmediate as turn } from 'node:timers/promises'
import type { HandlerContext } from '@lightbus/core'
import type { DeadLetter, EventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { givenUp, idsIn, keepGivingUp, lettersOf } from './letters.ts'
import { handle, listen, next } from './pulling.ts'
import { redriveCases } from './redrive.ts'
import { address, eventNamed, orders } from './samples.ts'

const wishes = { leaseMs: 1_000 }

export const deadLetterCases = {
  E26: isGivenUpForGood,
  E27: keepsTheUnreadable,
  E28: saysWhyAndWhen,
  E29: isKeptOnce,
  ...redriveCases,
} satisfies Cases

async function isGivenUpForGood(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const process = stage.process({ wishes })
  const events = await process.event()
  const { subscription, deliveries } = await listen(stage, events)
  await sender.send(eventNamed('a'))
  const { receipt } = await next(deliveries)
  expect(await subscription.deadLetter(receipt, givenUp), 'the first time').to.equal('settled')
  expect(await subscription.deadLetter(receipt, givenUp), 'the second time').to.equal('lost')
  expect(await subscription.acknowledge(receipt), 'acknowledging it then').to.equal('lost')
  await sender.send(eventNamed('sentinel'))
  expect(await handle({ subscription, deliveries }, 1), 'what comes next').to.deep.equal(['sentinel'])
  await process.close()
  const again = await stage.event({ wishes })
  const listening = await listen(stage, again)
  if (again.features.lease) await stage.pass(2 * again.features.lease)
  await sender.send(eventNamed('another sentinel'))
  const heard = await handle(listening, 1)
  expect(heard, 'what comes after a restart').to.deep.equal(['another sentinel'])
  if (again.features.durable) expect(idsIn(await lettersOf(again)), 'the dead letters').to.deep.equal(['a'])
}

async function keepsTheUnreadable(stage: Stage): Promise<void> {
  const events = await stage.event()
  const heard: string[] = []
  const bus = stage.bus([orders], { options: { features: ['events'] } })
  const hear = async ({ id }: { readonly id: string }): Promise<void> => {
    heard.push(id)
    await turn()
  }
  bus.listen(['shop.orders.placed'], hear, { listenerName: 'mail' })
  await bus.start()
  const place = { kind: 'event', ...address } as const
  await stage.injectRaw(place, 'this is no event')
  await stage.injectRaw(place, '')
  await stage.injectRaw(place, '{"id":')
  await events.send(eventNamed('misfit', { parameters: {} }))
  await events.send(eventNamed('sentinel'))
  await stage.until(() => heard.includes('sentinel'))
  await stage.until(async () => (await lettersOf(events)).length >= 4)
  await events.send(eventNamed('another sentinel'))
  await stage.until(() => heard.includes('another sentinel'))
  expect(heard, 'what was handled').to.deep.equal(['sentinel', 'another sentinel'])
  expectUnreadable(await lettersOf(events))
}

function expectUnreadable(letters: readonly DeadLetter[]): void {
  const codes = letters.map(({ reason }) => reason.code)
  const undecodable = 'BUS_EVENT_UNDECODABLE'
  expect(codes, 'why').to.have.members([undecodable, undecodable, undecodable, 'BUS_EVENT_INVALID'])
  const unread = letters.filter(({ reason }) => reason.code === undecodable)
  for (const { event } of unread) expect(event, 'the event of what is none').to.equal(undefined)
  const raws = unread.map(({ raw }) => raw)
  expect(
    raws.some((raw) => raw.includes('this is no event')),
    `whether the raw text is among ${raws.join(', ')}`,
  ).to.equal(true)
  const misfit = letters.find(({ reason }) => reason.code !== undecodable)
  expect(misfit?.event).to.deep.equal(eventNamed('misfit', { parameters: {} }))
  expect(misfit?.raw, 'the raw text of the misfit').to.include('misfit')
  for (const { reason } of letters) expect(reason.attempts, 'the attempts').to.equal(1)
}

async function saysWhyAndWhen(stage: Stage): Promise<void> {
  const events = await stage.event()
  const attempts: number[] = []
  const heard: string[] = []
  const failure = Object.assign(new Error('The shelf is empty.'), { code: 'SHELF_EMPTY' })
  failure.stack = `Error: The shelf is empty.\n${'    at shelf (shop.ts:1:1)\n'.repeat(1_000)}`
  const bus = stage.bus([orders], { options: { features: ['events'] } })
  const hear = async ({ id }: { readonly id: string }, { attempt }: HandlerContext): Promise<void> => {
    heard.push(id)
    await turn()
    if (id !== 'poison') return
    attempts.push(attempt)
    throw failure
  }
  bus.listen(['shop.orders.placed'], hear, { listenerName: 'mail' })
  await bus.start()
  const sent = eventNamed('poison', { headers: { traceparent: '00-1-2-01', tenant: 'Zürich' } })
  const startedAt = stage.clock.now()
  await events.send(sent)
  await stage.until(async () => (await lettersOf(events)).length > 0)
  await events.send(eventNamed('sentinel'))
  await stage.until(() => heard.includes('sentinel'))
  expect(attempts, 'the attempts of the handler').to.deep.equal([1, 2, 3, 4, 5])
  expectReason(stage, await lettersOf(events), { sent, startedAt })
}

function expectReason(
  stage: Stage,
  letters: readonly DeadLetter[],
  { sent, startedAt }: { readonly sent: EventMessage; readonly startedAt: number },
): void {
  expect(letters, 'the dead letters').to.have.length(1)
  const { event, reason, group, id, nativeId, raw, deadAt } = letters[0]!
  expect(event, 'the event').to.deep.equal(sent)
  expect(reason).to.deep.include({ code: 'SHELF_EMPTY', message: 'The shelf is empty.', attempts: 5 })
  expect(reason.stack, 'the stack')
    .to.be.a('string')
    .and.match(/^Error: The shelf is empty\.\n {4}at shelf/)
  expect(reason.stack?.length, 'the length of the stack').to.be.at.most(8_192)
  expect(group, 'the group').to.include('shop').and.include('mail')
  expect(id, 'its id').to.be.a('string').and.not.equal('')
  expect(raw, 'the raw text').to.include('poison')
  const nativeIds = stage.log.lines.map(({ facts }) => facts['nativeId'])
  expect(nativeIds, 'the native ids in the log').to.include(nativeId)
  // The broker may have a clock of its own.
  expect(deadAt.getTime(), 'when it died').to.be.at.least(startedAt - 1_000)
  expect(deadAt.getTime(), 'when it died').to.be.at.most(stage.clock.now() + 1_000)
}

// Whoever was not told whether the event has been given up may say so again, or may be gone.
async function isKeptOnce(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web', wishes })
  const process = stage.process({ wishes })
  const { subscription, deliveries } = await listen(stage, await process.event())
  for (const id of ['retried', 'left']) await sender.send(eventNamed(id))
  const held = [await next(deliveries), await next(deliveries)]
  for (const { event, receipt } of held) {
    await stage.fault('dropAfterWrite')()
    const giveUp = (): Promise<boolean> =>
      subscription.deadLetter(receipt, givenUp).then(
        () => true,
        () => false,
      )
    if (!(await giveUp()) && event?.id === 'retried') await stage.until(giveUp)
  }
  await process.close()
  const events = await stage.event({ wishes })
  const heard = keepGivingUp(stage, await listen(stage, events))
  await stage.until(async () => (await lettersOf(events)).length >= 2)
  await stage.pass(2 * (events.features.lease ?? 0))
  await sender.send(eventNamed('sentinel'))
  await stage.until(() => heard.includes('sentinel'))
  expect(idsIn(await lettersOf(events)), 'the dead letters').to.have.members(['retried', 'left', 'sentinel'])
}
