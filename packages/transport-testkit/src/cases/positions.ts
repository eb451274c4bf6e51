import type { Since } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { expectHeard } from './heard.ts'
import { handle, listen, next } from './pulling.ts'
import { address, eventNamed } from './samples.ts'

/** Where groups start, and where they stay. */
export const positionCases = {
  async E6(stage) {
    // Somebody stays, for brokers that are no longer than their processes.
    await stage.event({ service: 'web' })
    const sender = stage.process({ service: 'web' })
    const events = await sender.event()
    for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
    await sender.close()
    const late = await stage.event()
    const heard = await handle(await listen(stage, late, { since: 'beginning' }), 3)
    expectHeard(late, heard, ['a', 'b', 'c'])
  },

  E8: startsWhereAsked,
  E9: staysWhereItWas,
  E10: survivesOthers,
} satisfies Cases

async function startsWhereAsked(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const witness = await listen(stage, await stage.event(), { listenerName: 'witness' })
  await sender.send(eventNamed('a'))
  const a = await next(witness.deliveries)
  await stage.pass(100)
  const between = new Date(stage.clock.now())
  await stage.pass(100)
  await sender.send(eventNamed('b'))
  const b = await next(witness.deliveries)
  const starts: readonly { readonly since?: Since; readonly past: readonly string[] }[] = [
    { past: [] },
    { since: 'new', past: [] },
    { since: 'beginning', past: ['a', 'b'] },
    { since: between, past: ['b'] },
    { since: { after: a.nativeId }, past: ['b'] },
    { since: { after: b.nativeId }, past: [] },
  ]
  const events = await stage.event()
  const groups = await Promise.all(
    starts.map(({ since }, index) => {
      const start = since === undefined ? {} : { since }
      return listen(stage, events, { ...start, listenerName: `listener-${index}` })
    }),
  )
  await sender.send(eventNamed('c'))
  for (const [index, { since = 'no start', past }] of starts.entries()) {
    const heard = await handle(groups[index]!, past.length + 1)
    expectHeard(events, heard, [...past, 'c'], `what is heard from ${JSON.stringify(since)} on`)
  }
  await sender.send(eventNamed('d'))
  for (const group of groups) expect(await handle(group, 1), 'what comes next').to.deep.equal(['d'])
}

async function staysWhereItWas(stage: Stage): Promise<void> {
  const sender = await stage.event({ service: 'web' })
  const first = stage.process()
  const { features } = await first.event()
  const waiting = await listen(stage, await first.event())
  await sender.send(eventNamed('first'))
  expect(await handle(waiting, 1)).to.deep.equal(['first'])
  await first.close()
  const starts: readonly { readonly since?: Since }[] = features.replay
    ? [{}, { since: 'new' }, { since: 'beginning' }, { since: new Date(stage.clock.now()) }, {}]
    : [{}, {}]
  for (const [round, start] of starts.entries()) {
    const ids = [`down-${round}-a`, `down-${round}-b`, `up-${round}`]
    for (const id of ids.slice(0, 2)) await sender.send(eventNamed(id))
    // Every other time under the name of a predecessor.
    const process = stage.process(round % 2 === 0 ? { name: 'shop-again' } : {})
    const events = await process.event()
    const listening = await listen(stage, events, start)
    for (const id of ids.slice(2)) await sender.send(eventNamed(id))
    const words = `what is heard after a restart with ${JSON.stringify(start)}`
    expectHeard(events, await handle(listening, ids.length), ids, words)
    await process.close()
  }
}

async function survivesOthers(stage: Stage): Promise<void> {
  const wishes = { leaseMs: 1_000 }
  const sender = await stage.event({ service: 'web' })
  const events = await stage.event({ wishes })
  const idle = await listen(stage, events)
  const waiting = idle.deliveries.next()
  // Of the same API, and so perhaps of the same stream.
  const cancelled = { ...address, eventName: 'cancelled' }
  for (let round = 0; round < 3; round++) {
    const other = stage.process({ service: 'billing', name: 'billing', wishes })
    const listening = await listen(stage, await other.event(), { events: [cancelled] })
    await sender.send(eventNamed(`cancelled-${round}`, cancelled))
    expect(await handle(listening, 1), 'what the other service hears').to.deep.equal([`cancelled-${round}`])
    await other.close()
    // Time to look idle.
    await stage.pass(events.features.lease ?? 0)
  }
  await sender.send(eventNamed('first'))
  const first = (await waiting).value
  expect(first?.event?.id, 'what the idle group was waiting for').to.equal('first')
  expect(first && (await idle.subscription.acknowledge(first.receipt))).to.equal('settled')
  await sender.send(eventNamed('second'))
  expect(await handle(idle, 1), 'what comes next').to.deep.equal(['second'])
}
