import type { EventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Victim } from '../victim.ts'
import type { Cases } from './case.ts'
import { affordable, expectNothingLeft, membership, sendAll, wishes } from './crashing.ts'
import { hearing } from './hearing.ts'
import { all, handle, listen, next } from './pulling.ts'
import { address, eventNamed, eventsNamed } from './samples.ts'

/** E42, E43 and E45: workers that come, die and go. */
export const crashChurnCases = {
  async E42(stage) {
    const workerCount = 60
    const sent = eventsNamed('event', 50)
    const founder = await stage.event({ wishes })
    await (await listen(stage, founder)).subscription.close()
    await sendAll(stage, sent)
    const leaving = chosenOfEachFive(stage, workerCount)
    const victims = new Map(
      leaving.slice(0, affordable(stage, leaving.length)).map((index) => [index, stage.victim({ wishes })]),
    )
    const lost: string[] = []
    const handled: Handled[] = []
    for (let index = 0; index < workerCount; index++) {
      const victim = victims.get(index)
      if (victim) lost.push(await dieHolding(victim))
      else if (leaving.includes(index)) lost.push((await workOnce(stage, false)).id)
      else handled.push(await workOnce(stage))
    }
    const isMissing = ({ id }: EventMessage) => handled.every((one) => one.id !== id)
    // As many again would do, so that this ends however often one event is repeated.
    for (let more = 0; more < sent.length && sent.some(isMissing); more++) handled.push(await workOnce(stage))
    const ids = handled.map(({ id }) => id)
    expect(ids, 'what was handled').to.include.members(sent.map(({ id }) => id))
    expect(ids, 'what was handled, with what others had taken along').to.include.members(lost)
    if (founder.features.deliveryCount)
      expect(Math.max(...handled.map(({ attempt }) => attempt)), 'the most attempts').to.be.above(1)
    await expectNothingLeft(stage, founder)
  },

  async E43(stage) {
    await dieReclaiming(stage)
    await dieDeadLettering(stage)
    await diePromoting(stage)
  },

  async E45(stage) {
    const count = 5
    const dead = stage.victim({ name: 'shop-dead', wishes })
    await dead.listen(membership)
    await sendAll(stage, eventsNamed('left', count))
    await dead.take(count)
    await dead.kill()
    const held = await holders(stage)
    expect(held?.pending, 'events that the dead process holds').to.equal(count)
    expect(held?.consumers, 'members of the group').to.include('shop-dead')
    const events = await stage.event({ wishes })
    for (let visit = 0; visit < 2; visit++) {
      await visitEverything(stage)
      const holding = await holders(stage)
      // What nobody has taken over is with the dead, or waits in the group again.
      if (holding) expect(holding.consumers, 'members of the group').to.include('shop-dead')
      if (!events.features.lag) continue
      const standing = await events.standing?.(membership)
      expect(standing?.pending, 'events that were handed over and not settled').to.equal(count)
    }
    await wakeWhileCleaning(stage, count)
  },
} satisfies Cases

interface Handled {
  readonly id: string
  readonly attempt: number
}

/** One of the first five, one of the second, and so on. */
function chosenOfEachFive(stage: Stage, count: number): number[] {
  return Array.from({ length: count / 5 }, (_, five) => five * 5 + Math.floor(stage.random() * 5))
}

/** The id of the event that it took with it. */
async function dieHolding(victim: Victim): Promise<string> {
  await victim.listen({ ...membership, prefetch: 1 })
  const [taken] = await victim.take(1)
  await victim.kill()
  if (!taken) throw new Error('The victim has taken nothing.')
  return taken.id
}

/** A worker that comes, takes one event, handles it unless it is told not to, and goes. */
async function workOnce(stage: Stage, isHandled = true): Promise<Handled> {
  const process = stage.process({ wishes })
  const { subscription, deliveries } = await listen(stage, await process.event(), { prefetch: () => 1 })
  const { event, attempt, receipt } = await next(deliveries)
  if (isHandled)
    expect(await subscription.acknowledge(receipt), 'the word of a living worker').to.equal('settled')
  await process.close()
  if (!event) throw new Error('What a worker was given cannot be read.')
  return { id: event.id, attempt }
}

/** One dies with all in its hands, and the next while it takes them over. */
async function dieReclaiming(stage: Stage): Promise<void> {
  const sent = eventsNamed('reclaimed', 40)
  const request = { ...membership, listenerName: 'reclaim', prefetch: sent.length }
  const [first, second] = [stage.victim({ wishes }), stage.victim({ wishes })]
  await first.listen(request)
  await sendAll(stage, sent)
  await first.take(sent.length)
  await second.listen(request)
  await first.kill()
  await second.take(1 + Math.floor((stage.random() * sent.length) / 2))
  await second.kill()
  const survivor = await hearing(stage, await stage.event({ wishes }), request.listenerName)
  await survivor.hears(sent.map(({ id }) => id))
}

/** Dies while it gives up what it holds, some of it kept as dead letters already. */
async function dieDeadLettering(stage: Stage): Promise<void> {
  const sent = eventsNamed('dead', 10)
  const request = { ...membership, listenerName: 'bury' }
  const victim = stage.victim({ wishes })
  await victim.listen(request)
  await sendAll(stage, sent)
  const taken = await victim.take(sent.length)
  const reason = { code: 'TEST', message: 'given up', attempts: 1 }
  const settled = taken.map(({ id }) => victim.settle(id, { type: 'dead-letter', reason }))
  // Those that come too late are told so by the death of the process.
  stage.during(Promise.allSettled(settled))
  await settled[Math.floor(stage.random() * settled.length)]
  await victim.kill()
  const events = await stage.event({ wishes })
  const { heard } = await hearing(stage, events, request.listenerName)
  await stage.until(async () => {
    const letters = events.deadLetters ? await all(events.deadLetters.list(request)) : []
    return sent.every(({ id }) => heard.includes(id) || letters.some(({ event }) => event?.id === id))
  })
}

/** Dies while what it has sent for later falls due. */
async function diePromoting(stage: Stage): Promise<void> {
  const listenerName = 'later'
  const founder = await listen(stage, await stage.event({ wishes }), { listenerName })
  await founder.subscription.close()
  const victim = stage.victim({ service: 'sender', wishes })
  const ids = Array.from({ length: 10 }, (_, index) => `later-${index}`)
  await Promise.all(ids.map((id, index) => victim.sendLater({ ...address, id }, 400 + index * 10)))
  await stage.pass(400 + stage.random() * 100)
  await victim.kill()
  const survivor = await hearing(stage, await stage.event({ wishes }), listenerName)
  await survivor.hears(ids)
}

async function holders(stage: Stage) {
  return (await stage.inspect()).groups.find(({ pending }) => pending > 0)
}

/** Another service, and a further member of the group that has no room, come for a while and go. */
async function visitEverything(stage: Stage): Promise<void> {
  const visitors = [stage.process({ service: 'stock', wishes }), stage.process({ wishes })]
  for (const [index, visitor] of visitors.entries()) {
    const { deliveries } = await listen(stage, await visitor.event(), {
      prefetch: () => (index === 0 ? 10 : 0),
    })
    stage.during(deliveries.next().catch(() => undefined))
  }
  await stage.pass(wishes.leaseMs * 1.1)
  for (const visitor of visitors) await visitor.close()
}

/** A member that was idle for long is given something at the moment when others clean. */
async function wakeWhileCleaning(stage: Stage, leftCount: number): Promise<void> {
  const sleeper = await listen(stage, await stage.event({ name: 'shop-sleeper', wishes }))
  const left = await handle(sleeper, leftCount)
  expect(left, 'what the dead process had held').to.have.members(
    eventsNamed('left', leftCount).map(({ id }) => id),
  )
  for (let round = 0; round < stage.rounds(1); round++) {
    const handled = handle(sleeper, 3)
    stage.during(handled.catch(() => undefined))
    await visitEverything(stage)
    const ids = [0, 1, 2].map((number) => `woken-${round}-${number}`)
    await Promise.all([visitEverything(stage), ...ids.map((id) => sendAll(stage, [eventNamed(id)]))])
    expect(await handled, 'what woke a member that was idle').to.have.members(ids)
  }
}
