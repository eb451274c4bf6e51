import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { affordable, expectNothingLeft, membership, sendAll, wishes } from './crashing.ts'
import { handle, idsOf, listen, next, type Listening } from './pulling.ts'
import { eventNamed, eventsNamed } from './samples.ts'

/** E40–E47: what becomes of events whose holder dies. */
export const crashesCases = {
  async E40(stage) {
    const victim = stage.victim({ wishes })
    await victim.listen(membership)
    const sender = await stage.event({ service: 'sender', wishes })
    await sender.send(eventNamed('held'))
    const [held] = await victim.take(1)
    expect(held?.id).to.equal('held')
    const events = await stage.event({ wishes })
    const survivor = await listen(stage, events)
    await victim.kill()
    const killedAt = stage.clock.now()
    const { event, attempt, receipt } = await next(survivor.deliveries)
    const waitedMs = stage.clock.now() - killedAt
    expect(event?.id, 'what the dead process held').to.equal('held')
    expect(waitedMs, 'how long the survivor waited for it').to.be.below(10 * (events.features.lease ?? 0))
    if (events.features.deliveryCount) expect(attempt, 'the attempt of the survivor').to.equal(2)
    expect(await survivor.subscription.acknowledge(receipt)).to.equal('settled')
    await sender.send(eventNamed('sentinel'))
    expect(await handle(survivor, 1), 'what came after the survivor had handled it').to.deep.equal([
      'sentinel',
    ])
    await expectNothingLeft(stage, events)
  },

  async E41(stage) {
    const count = 30
    const victim = stage.victim({ wishes })
    await victim.listen({ ...membership, prefetch: count })
    const sender = await stage.event({ service: 'sender', wishes })
    const sent = eventsNamed('event', count)
    for (const event of sent) await sender.send(event)
    // The rest may have been fetched, and is in the hands of nobody's handler.
    const taken = await victim.take(count / 2)
    expect(new Set(taken.map(({ id }) => id)).size, 'different events in hand').to.equal(count / 2)
    await victim.kill()
    const survivor = await listen(stage, await stage.event({ wishes }))
    const heard = await handle(survivor, count)
    expect(heard, 'what arrived elsewhere').to.have.members(sent.map(({ id }) => id))
  },

  async E44(stage) {
    const longLease = { leaseMs: 120_000 }
    const request = { name: 'shop-stable', wishes: longLease }
    const victim = stage.victim(request)
    await victim.listen(membership)
    const sender = await stage.event({ service: 'sender', wishes: longLease })
    const ids = ['a', 'b', 'c']
    for (const id of ids) await sender.send(eventNamed(id))
    await victim.take(2)
    await victim.kill()
    const startedAt = stage.clock.now()
    const events = await stage.event(request)
    const successor = await listen(stage, events)
    expect(await idsOf(successor.deliveries, 3), 'what the successor has').to.have.members(ids)
    const waitedMs = stage.clock.now() - startedAt
    expect(waitedMs, 'how long the successor waited').to.be.below((events.features.lease ?? 0) / 4)
  },

  async E46(stage) {
    const youngCount = 60
    const oldCount = 250
    const events = await stage.event({ wishes })
    const owner = await listen(stage, events, { prefetch: () => youngCount })
    await sendAll(stage, eventsNamed('young', youngCount))
    const young = []
    while (young.length < youngCount) young.push(await next(owner.deliveries))
    const victim = stage.victim({ wishes })
    await victim.listen({ ...membership, prefetch: oldCount + 50 })
    const old = eventsNamed('old', oldCount)
    await sendAll(stage, old)
    await victim.take(oldCount)
    await victim.kill()
    const survivor = await listen(stage, await stage.event({ wishes }), { prefetch: () => oldCount + 50 })
    const heard = await handle(survivor, oldCount)
    expect(heard, 'what the dead process held').to.have.members(old.map(({ id }) => id))
    for (const { event, receipt, lost } of young) {
      expect(lost?.aborted ?? false, `the owner has lost ${event?.id}`).to.equal(false)
      expect(await owner.subscription.acknowledge(receipt), event?.id).to.equal('settled')
    }
  },

  async E47(stage) {
    const events = await stage.event({ wishes })
    const leaseMs = events.features.lease ?? 0
    const owner = await listen(stage, events, { prefetch: () => 3 })
    await sendAll(stage, eventsNamed('held', 3))
    const held = [await next(owner.deliveries), await next(owner.deliveries), await next(owner.deliveries)]
    const other = await listen(stage, await stage.event({ wishes }))
    const sentinel = next(other.deliveries)
    stage.during(sentinel.catch(() => undefined))
    await stage.pass(leaseMs * 0.75)
    await sendAll(stage, [eventNamed('sentinel')])
    const { event, receipt } = await sentinel
    expect(event?.id, 'what another member was given').to.equal('sentinel')
    await other.subscription.acknowledge(receipt)
    for (const delivery of held)
      expect(await owner.subscription.acknowledge(delivery.receipt), 'the word of the owner').to.equal(
        'settled',
      )
    if (affordable(stage, 1) > 0) await staysWithTheDead(stage, other)
  },
} satisfies Cases

/** What a dead process held stays with it until its lease has run out, and no longer than that. */
async function staysWithTheDead(stage: Stage, other: Listening): Promise<void> {
  await other.subscription.close()
  const victim = stage.victim({ wishes })
  await victim.listen(membership)
  const heldFrom = stage.clock.now()
  await sendAll(stage, [eventNamed('left')])
  await victim.take(1)
  const events = await stage.event({ wishes })
  const survivor = await listen(stage, events)
  await victim.kill()
  expect((await next(survivor.deliveries)).event?.id).to.equal('left')
  const heldMs = stage.clock.now() - heldFrom
  expect(heldMs, 'how long it stayed with the dead').to.be.at.least(
    (events.features.lease ?? 0) - clockErrorMs,
  )
}

// The clocks of the broker and of this process count whole milliseconds, each its own.
const clockErrorMs = 5
