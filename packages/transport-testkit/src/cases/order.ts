import type { EventFeatures, EventMessage, EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { affordable, membership, wishes } from './crashing.ts'
import { handle, idsOf, listen, next, type Listening } from './pulling.ts'
import { eventNamed, eventsNamed } from './samples.ts'

/** E50–E53: the order of events. */
export const orderCases = {
  async E50(stage) {
    const events = await stage.event()
    const listening = await listen(stage, events)
    const sender = await stage.event({ service: 'sender' })
    for (const key of [undefined, 'a']) {
      const sent = eventsNamed(`event-${key}`, 60).map((event) => (key ? { ...event, key } : event))
      const [early, late] = [sent.slice(0, 30), sent.slice(30)]
      for (const event of early) await sender.send(event)
      const heard = await handle(listening, 10)
      const rest = handle(listening, 50)
      stage.during(rest.catch(() => undefined))
      // These meet a consumer that is at it.
      for (const event of late) await sender.send(event)
      heard.push(...(await rest))
      expect(heard, 'the order of hearing').to.deep.equal(sent.map(({ id }) => id))
    }
  },

  async E51(stage) {
    const sent = keyed(['a', 'b', 'c', undefined], 60)
    const { nack } = (await stage.event()).features
    const shared = { stage, nack, log: [] as string[], inHand: new Set<string>(), failed: new Set<string>() }
    let failure: unknown
    for (let count = 0; count < 4; count++) {
      const member = await listen(stage, await stage.event(), { prefetch: () => 5 })
      stage.during(handleInDisorder({ ...shared, member }).catch((error: unknown) => (failure = error)))
    }
    const sender = await stage.event({ service: 'sender' })
    for (const event of sent) await sender.send(event)
    await stage.until(() => {
      if (failure !== undefined) throw failure
      return shared.log.length >= sent.length
    })
    expect(shared.log, 'what was handled').to.have.members(sent.map(({ id }) => id))
    expectOrderWithinKeys(shared.log)
  },

  async E52(stage) {
    const events = await stage.event()
    const worker = await listen(stage, events)
    const sender = await stage.event({ service: 'sender' })
    const send = (id: string) => sender.send(eventNamed(id, { key: id.charAt(0) }))
    for (const id of ['a-0', 'a-1', 'b-0', 'b-1']) await send(id)
    const first = await next(worker.deliveries)
    expect(first.event?.id).to.equal('a-0')
    expect(await handle(worker, 2), 'what passes an event in hand').to.deep.equal(['b-0', 'b-1'])
    const isDelayed = events.features.nack === 'delayed'
    await worker.subscription.giveBack(first.receipt, isDelayed ? { delayMs: 1_000 } : {})
    if (isDelayed) {
      await send('b-2')
      expect(await handle(worker, 1), 'what passes an event that rests').to.deep.equal(['b-2'])
    }
    const again = await next(worker.deliveries)
    expect(again.event?.id, 'what comes first of the key that failed').to.equal('a-0')
    await send('c-0')
    expect(await handle(worker, 1), 'what passes it again').to.deep.equal(['c-0'])
    await worker.subscription.acknowledge(again.receipt)
    expect(await handle(worker, 1), 'what was held back').to.deep.equal(['a-1'])
  },

  async E53(stage) {
    const founder = await stage.event({ wishes })
    await (await listen(stage, founder)).subscription.close()
    const { order, lease } = founder.features
    const ids = await sendInBatches(founder)
    const handled = await restartInBetween(stage)
    if (order === 'stream')
      expect(handled, 'the order over a restart').to.deep.equal(ids.slice(0, handled.length))
    const rest = ids.filter((id) => !handled.includes(id))
    const isMortal = affordable(stage, 1) > 0 && lease !== undefined
    handled.push(
      ...(isMortal ? await dieInBetween(stage, rest, order === 'key') : await handleRest(stage, rest)),
    )
    expect(handled, 'what was handled').to.have.members(ids)
    if (order === 'key') expectOrderWithinKeys(handled)
  },
} satisfies Cases

/** Events whose ids tell the key and the place within it, the keys in turn. */
function keyed(keys: readonly (string | undefined)[], count: number): EventMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const key = keys[index % keys.length]
    const id = `${key ?? 'none'}-${Math.floor(index / keys.length)}`
    return eventNamed(id, key === undefined ? {} : { key })
  })
}

/** Fails unless the events of each key come in the order of their numbers, each once. */
function expectOrderWithinKeys(ids: readonly string[]): void {
  for (const key of new Set(ids.map(keyOf))) {
    if (key === 'none') continue
    const ofKey = ids.filter((id) => keyOf(id) === key)
    expect(ofKey, `what was handled of the key ${key}`).to.deep.equal(ofKey.map((_, n) => `${key}-${n}`))
  }
}

function keyOf(id: string): string {
  return id.slice(0, id.indexOf('-'))
}

interface DisorderParts {
  readonly stage: Stage
  readonly nack: EventFeatures['nack']
  readonly member: Listening
  /** What was handled, shared by all members. */
  readonly log: string[]
  /** The keys of what is in hand, likewise. */
  readonly inHand: Set<string>
  readonly failed: Set<string>
}

/** Handles each for a random time, and gives some of them back, each once. */
async function handleInDisorder({ stage, nack, member, log, inHand, failed }: DisorderParts): Promise<void> {
  for (;;) {
    const { event, receipt } = await next(member.deliveries)
    if (!event) throw new Error('What a member was given cannot be read.')
    const { id, key = id } = event
    expect(inHand.has(key), `whether another event of ${key} is in hand beside ${id}`).to.equal(false)
    inHand.add(key)
    await stage.pass(stage.random() * 20)
    inHand.delete(key)
    if (nack && !failed.has(id) && stage.random() < 0.2) {
      failed.add(id)
      const delay = nack === 'delayed' ? { delayMs: stage.random() * 100 } : {}
      await member.subscription.giveBack(receipt, delay)
    } else {
      log.push(id)
      await member.subscription.acknowledge(receipt)
    }
  }
}

async function sendInBatches(events: EventTransport): Promise<string[]> {
  const sent = keyed(['a', 'b', 'c'], 30)
  for (let at = 0; at < sent.length; at += 10) {
    const batch = sent.slice(at, at + 10)
    const outcomes = (await events.sendBatch?.(batch)) ?? []
    if (events.sendBatch)
      expect(outcomes, 'why events were not sent').to.deep.equal(batch.map(() => undefined))
    else for (const event of batch) await events.send(event)
  }
  return sent.map(({ id }) => id)
}

/** A process handles some, ends with more in its hands, and its successor goes on. */
async function restartInBetween(stage: Stage): Promise<string[]> {
  const request = { name: 'shop-steady', wishes }
  const before = stage.process(request)
  const first = await listen(stage, await before.event())
  const handled = (await handle(first, 6)) as string[]
  await idsOf(first.deliveries, 2)
  await before.close()
  const after = stage.process(request)
  // Nothing is fetched ahead, so that nothing is given back at the end.
  const second = await listen(stage, await after.event(), { prefetch: () => 1 })
  handled.push(...((await handle(second, 12)) as string[]))
  await after.close()
  return handled
}

/** A process dies with some in its hands, and a survivor handles the rest. */
async function dieInBetween(stage: Stage, ids: readonly string[], isByKey: boolean): Promise<string[]> {
  const victim = stage.victim({ name: 'shop-steady', wishes })
  const holdCount = isByKey ? 1 : 3
  await victim.listen({ ...membership, prefetch: holdCount })
  const taken = (await victim.take(holdCount)).map(({ id }) => id)
  await victim.kill()
  const handled = await handleRest(stage, ids)
  if (isByKey) return handled
  // What is reclaimed comes when its lease is over, whatever was handled in the meantime.
  for (const part of [taken, ids.filter((id) => !taken.includes(id))])
    expect(handled.filter((id) => part.includes(id))).to.deep.equal(part)
  return handled
}

async function handleRest(stage: Stage, ids: readonly string[]): Promise<string[]> {
  const survivor = await listen(stage, await stage.event({ wishes }))
  return (await handle(survivor, ids.length)) as string[]
}
