import { setImmediate as turn } from 'node:timers/promises'
import type { HandlerContext } from '@lightbus/core'
import type { EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { all, listen, next, type Listening } from './pulling.ts'
import { address, eventNamed, orders } from './samples.ts'

const wishes = { leaseMs: 1_000 }

/** Failures, and how attempts are counted. */
export const attemptCases = {
  E23: tellsOfAFailure,

  async E24(stage) {
    const sender = await stage.event({ service: 'web', wishes })
    await countsOverMembers(stage, sender)
    if (sender.features.durable) await countsOverRestarts(stage, sender)
  },
} satisfies Cases

async function tellsOfAFailure(stage: Stage): Promise<void> {
  const events = await stage.event()
  const failure = new Error('out of stock')
  const contexts: HandlerContext[] = []
  const bus = stage.bus([orders], { options: { features: ['events'] } })
  const fail = async (_: object, context: HandlerContext): Promise<never> => {
    contexts.push(context)
    await turn()
    throw failure
  }
  bus.listen(['shop.orders.placed'], fail, { listenerName: 'mail', onError: 'acknowledge_and_log' })
  await bus.start()
  const headers = { traceparent: '00-1-2-01', tenant: 'Zürich' }
  await events.send(eventNamed('a', { headers }))
  await stage.until(() => stage.log.lines.some(({ level }) => level === 'error'))
  expect(contexts, 'how often it was handled').to.have.length(1)
  expect(contexts[0]?.attempt, 'the attempt that the handler is told').to.equal(1)
  expect(contexts[0]?.message).to.deep.include({ id: 'a', name: 'shop.orders.placed', headers })
  const lines = stage.log.lines.filter(({ level }) => level === 'error')
  expect(lines, 'what the log says').to.have.length(1)
  const facts = lines[0]?.facts ?? {}
  expect(facts['err'], 'the error').to.be.an.instanceOf(Error)
  expect(facts['err'], 'the error').to.include({ message: failure.message, stack: failure.stack })
  expect(facts).to.deep.include({ attempt: 1, id: 'a', listener: 'mail', event: 'shop.orders.placed' })
  expect(facts['nativeId'], 'the native id').to.be.a('string').and.not.equal('')
  if (!events.features.history || !events.history) return
  const [past] = await all(events.history(address))
  expect(facts['nativeId'], 'the native id').to.equal(past?.nativeId)
}

// The next delivery has to be this event at this attempt; it stays held.
async function takes({ deliveries }: Listening, id: string, attempt: number): Promise<object> {
  const delivery = await next(deliveries)
  expect(delivery.event?.id, `what comes at attempt ${attempt}`).to.equal(id)
  expect(delivery.attempt, `the attempt of ${id}`).to.equal(attempt)
  return delivery.receipt
}

async function countsOverMembers(stage: Stage, sender: EventTransport): Promise<void> {
  let room = 10
  const first = await listen(stage, await stage.event({ wishes }), { prefetch: () => room })
  await sender.send(eventNamed('a'))
  for (const attempt of [1, 2]) await first.subscription.giveBack(await takes(first, 'a', attempt))
  const receipt = await takes(first, 'a', 3)
  const process = stage.process({ wishes })
  const second = await listen(stage, await process.event())
  room = 0
  await first.subscription.giveBack(receipt)
  await second.subscription.giveBack(await takes(second, 'a', 4))
  expect(await second.subscription.acknowledge(await takes(second, 'a', 5))).to.equal('settled')
  // Another event starts anew.
  await sender.send(eventNamed('b'))
  expect(await second.subscription.acknowledge(await takes(second, 'b', 1))).to.equal('settled')
  await first.subscription.close()
  await process.close()
}

// Each process is handed some events and closes while it holds them. What it had only fetched was no attempt.
async function countsOverRestarts(stage: Stage, sender: EventTransport): Promise<void> {
  const handedOver = new Map<string | undefined, number>()
  const ids = ['c', 'd', 'e', 'f']
  for (const id of ids) await sender.send(eventNamed(id))
  for (const count of [1, 2, 1, ids.length]) {
    const process = stage.process({ wishes })
    const { deliveries } = await listen(stage, await process.event())
    for (let taken = 0; taken < count; taken++) {
      const { event, attempt } = await next(deliveries)
      const expected = (handedOver.get(event?.id) ?? 0) + 1
      expect(attempt, `the attempt of ${event?.id} after restarts`).to.equal(expected)
      handedOver.set(event?.id, attempt)
    }
    await process.close()
  }
  expect([...handedOver.keys()], 'what was handed over').to.have.members(ids)
}
