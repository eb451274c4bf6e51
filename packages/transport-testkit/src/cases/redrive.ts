import {
  redriveDeadLetters,
  type DeadLetter,
  type EventMessage,
  type EventTransport,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { clockGrainMs, keepHandling } from './heard.ts'
import { givenUp, idsIn, keepGivingUp, lettersOf, storeOf } from './letters.ts'
import { listen, next, type Listening } from './pulling.ts'
import { address, eventNamed } from './samples.ts'

/** Dead letters that get another chance, or none. */
export const redriveCases = {
  async E30(stage) {
    const sender = await stage.event({ service: 'web' })
    const events = await stage.event()
    const mail = await listen(stage, events)
    const log = keepHandling(stage, await listen(stage, events, { listenerName: 'log' }))
    const others = await stage.event({ service: 'billing' })
    const billing = keepHandling(stage, await listen(stage, others))
    const sent = ids.map((id) => eventNamed(id, { headers: { tenant: id }, parameters: { id, of: [id] } }))
    for (const event of sent) await sender.send(event)
    await giveUpAll(mail, ids.length)
    await redrivesSome(stage, { events, mail, sent })
    await redrivesSlowly(stage, { events, mail, sent })
    await discardsTheLast(events)
    await sender.send(eventNamed('sentinel'))
    expect((await next(mail.deliveries)).event?.id, 'what comes next').to.equal('sentinel')
    for (const heard of [log, billing]) {
      await stage.until(() => heard.includes('sentinel'))
      expect(heard, 'what other groups have heard').to.have.members([...ids, 'sentinel'])
    }
    await redrivesOnce(stage, { events, mail, sent })
  },
} satisfies Cases

const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const listener = { listenerName: 'mail', events: [address] }

interface Redriving {
  readonly events: EventTransport
  readonly mail: Listening
  readonly sent: readonly EventMessage[]
}

async function giveUpAll({ subscription, deliveries }: Listening, count: number): Promise<void> {
  for (let given = 0; given < count; given++) {
    const { receipt } = await next(deliveries)
    expect(await subscription.deadLetter(receipt, givenUp), 'giving up').to.equal('settled')
  }
}

async function redrivesSome(stage: Stage, { events, mail, sent }: Redriving): Promise<void> {
  const parts = { store: storeOf(events), clock: stage.clock }
  const letters = await lettersOf(events)
  expect(idsIn(letters), 'the dead letters').to.have.members(ids)
  expect(letters, 'their order').to.deep.equal([...letters].sort(byAge))
  expect(await lettersOf(events, 'log'), 'the dead letters of another listener').to.deep.equal([])
  expect(await redriveDeadLetters(parts, listener, { dryRun: true }), 'a dry run').to.equal(ids.length)
  expect(await lettersOf(events), 'what is there after a dry run').to.deep.equal(letters)
  const where = ({ event }: DeadLetter): boolean => event?.id === 'b' || event?.id === 'e'
  expect(await redriveDeadLetters(parts, listener, { where }), 'how many were redriven').to.equal(2)
  await hearsAnew(
    mail,
    sent.filter(({ id }) => id === 'b' || id === 'e'),
  )
  expect(idsIn(await lettersOf(events)), 'what is left').to.have.members(['a', 'c', 'd', 'f'])
  const redriven = letters.find(where)
  expect(redriven && (await parts.store.redrive(redriven)), 'redriving it again').to.equal(false)
  expect(redriven && (await parts.store.discard(redriven)), 'discarding it then').to.equal(false)
}

// Given up once more, as it may fail once more.
async function redrivesSlowly(stage: Stage, { events, mail, sent }: Redriving): Promise<void> {
  const parts = { store: storeOf(events), clock: stage.clock }
  const startedAt = stage.clock.now()
  const where = ({ event }: DeadLetter): boolean => event?.id !== 'f'
  const redriven = await redriveDeadLetters(parts, listener, { where, perSecond: 10 })
  expect(redriven, 'how many were redriven').to.equal(3)
  const leastMs = 200 - 2 * clockGrainMs
  expect(stage.clock.now() - startedAt, 'how long it took').to.be.at.least(leastMs)
  await hearsAnew(
    mail,
    sent.filter(({ id }) => ['a', 'c', 'd'].includes(id)),
  )
}

/** What fails again while others are redriven waits for the next time. */
async function redrivesOnce(stage: Stage, { events, mail, sent }: Redriving): Promise<void> {
  for (const event of sent.slice(0, 3)) await events.send(event)
  const givenUpIds = keepGivingUp(stage, mail)
  await stage.until(() => givenUpIds.length === 3)
  const parts = { store: storeOf(events), clock: stage.clock }
  const redriven = await redriveDeadLetters(parts, listener, { perSecond: 20 })
  expect(redriven, 'how many were redriven while they failed again').to.equal(3)
  await stage.until(() => givenUpIds.length === 6)
}

/** Each as it was sent, at its first attempt. */
async function hearsAnew(
  { subscription, deliveries }: Listening,
  expected: readonly EventMessage[],
): Promise<void> {
  const heard: unknown[] = []
  while (heard.length < expected.length) {
    const { event, attempt, receipt } = await next(deliveries)
    expect(attempt, `the attempt of ${event?.id}, which was redriven`).to.equal(1)
    expect(await subscription.acknowledge(receipt), 'acknowledging it').to.equal('settled')
    heard.push(event)
  }
  expect(heard, 'what was redriven').to.have.deep.members([...expected])
}

async function discardsTheLast(events: EventTransport): Promise<void> {
  const store = storeOf(events)
  const [last, ...others] = await lettersOf(events)
  expect(others, 'what else is left').to.deep.equal([])
  expect(last?.event?.id, 'what is left').to.equal('f')
  expect(last && (await store.discard(last)), 'discarding it').to.equal(true)
  expect(last && (await store.discard(last)), 'discarding it again').to.equal(false)
  expect(last && (await store.redrive(last)), 'redriving it then').to.equal(false)
  expect(await lettersOf(events), 'the dead letters').to.deep.equal([])
}

function byAge(one: DeadLetter, other: DeadLetter): number {
  return one.deadAt.getTime() - other.deadAt.getTime()
}
