import type { EventTransport, TransportNotice } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { hearing, persist, type Hearing } from './hearing.ts'
import { handle, listen, next } from './pulling.ts'
import { eventNamed, eventsNamed } from './samples.ts'

/** How long it may take until something is noticed, given up or found again, in milliseconds. */
const boundMs = 15_000

/** E60–E66: events while something is wrong with the broker. */
export const brokerFaultsCases = {
  async E60(stage) {
    const count = 10_000
    const atOnce = 100
    const consumer = await hearing(stage, await stage.event())
    const sender = await stage.event({ service: 'sender' })
    const restart = stage.fault('restart')
    const sent = eventsNamed('event', count)
    for (let at = 0; at < count; at += atOnce) {
      const accepted = sent.slice(at, at + atOnce).map((event) => persist(stage, () => sender.send(event)))
      const restarted = at === count * 0.3 || at === count * 0.6 ? restart() : undefined
      await Promise.all([...accepted, restarted])
    }
    await consumer.hears(sent.map(({ id }) => id))
  },

  async E61(stage) {
    const scene = await waitingFor(stage)
    await stage.fault('cut')()
    await goesOn(scene, 'after a cut')
    const accept = await stage.fault('refuse')()
    await stage.pass(1_000)
    await accept()
    await goesOn(scene, 'after refusal')
    const loaded = await stage.fault('fail')('loading')
    await rejectsInTime(scene, 'while loading')
    await stage.pass(1_000)
    await loaded()
    await goesOn(scene, 'after loading')
  },

  async E62(stage) {
    for (const direction of ['to-broker', 'from-broker'] as const) {
      const scene = await waitingFor(stage, direction)
      const speak = await stage.fault('silence')(direction)
      await Promise.all([
        rejectsInTime(scene, `into silence ${direction}`),
        noticed(scene, 'connection-lost'),
      ])
      await speak()
      await goesOn(scene, `after silence ${direction}`)
      await noticed(scene, 'connection-back')
    }
  },

  async E63(stage) {
    const scene = await waitingFor(stage)
    const accept = await stage.fault('refuse')()
    await Promise.all(['a', 'b', 'c'].map((id) => rejectsInTime(scene, id)))
    await stage.pass(1_000)
    await rejectsInTime(scene, 'd')
    await accept()
    await goesOn(scene, 'after refusal')
  },

  async E64(stage) {
    const scene = await waitingFor(stage)
    const audit = await listen(stage, await stage.event(), { listenerName: 'audit', prefetch: () => 1 })
    for (const id of ['in hand', 'waiting']) await scene.sender.send(eventNamed(id))
    const held = await next(audit.deliveries)
    await scene.consumer.hears(['in hand', 'waiting'])
    await stage.fault('wipe')()
    await goesOn(scene, 'after')
    await noticed(scene, 'state-lost')
    expect(await audit.subscription.acknowledge(held.receipt), 'the word on what is gone').to.equal('lost')
    expect(await handle(audit, 1), 'what comes after what is gone').to.deep.equal(['after'])
    expect(scene.consumer.heard, 'what was heard').to.deep.equal(['in hand', 'waiting', 'after'])
  },

  async E65(stage) {
    const scene = await waitingFor(stage)
    const audit = await listen(stage, await stage.event(), { listenerName: 'audit' })
    for (const error of ['out-of-memory', 'read-only'] as const) {
      const before = `before ${error}`
      await scene.sender.send(eventNamed(before))
      const { event, receipt } = await next(audit.deliveries)
      expect(event?.id).to.equal(before)
      const recover = await stage.fault('fail')(error)
      await rejectsInTime(scene, `while ${error}`)
      const failure = await busErrorOf(audit.subscription.acknowledge(receipt))
      expect(failure.retriable, 'whether acknowledging may be tried again').to.equal(true)
      await stage.pass(1_000)
      await recover()
      expect(await persist(stage, () => audit.subscription.acknowledge(receipt))).to.equal('settled')
      await goesOn(scene, `after ${error}`)
      expect(await handle(audit, 1), 'what comes next').to.deep.equal([`after ${error}`])
    }
  },

  async E66(stage) {
    const process = stage.process()
    const listening = await listen(stage, await process.event(), { prefetch: () => 1 })
    const sender = await stage.event({ service: 'sender' })
    for (const id of ['done', 'repeated', 'in hand', 'waiting']) await sender.send(eventNamed(id))
    expect(await handle(listening, 1)).to.deep.equal(['done'])
    const failOver = await stage.fault('failOver')()
    expect(await handle(listening, 1)).to.deep.equal(['repeated'])
    const held = await next(listening.deliveries)
    await sender.send(eventNamed('unknown to the replica'))
    await failOver()
    const settled = await persist(stage, () => listening.subscription.acknowledge(held.receipt))
    await persist(stage, () => sender.send(eventNamed('after')))
    const due = new Set(['waiting', 'after', ...(settled === 'lost' ? ['in hand'] : [])])
    while (due.size > 0) {
      const { event, receipt } = await next(listening.deliveries)
      expect(event?.id, 'what was acknowledged before the checkpoint').not.to.equal('done')
      await persist(stage, () => listening.subscription.acknowledge(receipt))
      due.delete(event?.id ?? '')
    }
  },
} satisfies Cases

/** A consumer that waits in a process of its own, and a sender in another. */
interface Scene {
  readonly stage: Stage
  readonly process: Process
  readonly consumer: Hearing
  readonly sender: EventTransport
}

async function waitingFor(stage: Stage, listenerName?: string): Promise<Scene> {
  const process = stage.process()
  const consumer = await hearing(stage, await process.event(), listenerName)
  const sender = await stage.event({ service: 'sender' })
  return { stage, process, consumer, sender }
}

/** What is sent as soon as that is possible again reaches the consumer, which has done nothing for it. */
async function goesOn({ stage, sender, consumer }: Scene, id: string): Promise<void> {
  await inBound(stage, `until ${id} was heard`, async () => {
    await persist(stage, () => sender.send(eventNamed(id)))
    await consumer.hears([id])
  })
}

/** The broker cannot be had, and the sender is told so. */
async function rejectsInTime({ stage, sender }: Scene, id: string): Promise<void> {
  await inBound(stage, `until ${id} was refused`, async () => {
    const error = await busErrorOf(sender.send(eventNamed(id)))
    expect(error.retriable, `whether sending may be tried again after ${error.message}`).to.equal(true)
  })
}

/** The process of the consumer has reported it. */
async function noticed({ stage, process }: Scene, type: TransportNotice['type']): Promise<void> {
  await inBound(stage, `until ${type} was noticed`, () =>
    stage.until(() => process.notices.some((notice) => notice.type === type)),
  )
}

async function inBound(stage: Stage, what: string, act: () => Promise<void>): Promise<void> {
  const from = stage.clock.now()
  await act()
  expect(stage.clock.now() - from, `the time ${what}`).to.be.at.most(boundMs)
}
