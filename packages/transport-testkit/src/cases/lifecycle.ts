import { getEventListeners } from 'node:events'
import { VirtualClock } from '@lightbus/core/testing'
import type { Transport, TransportKind } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { handle, idsOf, listen, next, serve } from './pulling.ts'
import { callNamed, eventNamed, eventsNamed } from './samples.ts'
import { kindsOf, openAll, request, use, waitInVain } from './using.ts'

/** L1–L3, L6, L8, L10, L13: opening and closing. */
export const lifecycleCases = {
  L1: async (stage) => {
    for (const kind of kindsOf(stage)) {
      const process = stage.process()
      const [transport, other] = [process.unopened(kind), process.unopened(kind)]
      await transport.close()
      await Promise.all([transport.open(), transport.open(), other.open()])
      await use(kind, transport, stage.signal)
      await Promise.all([transport.close(), transport.close()])
      await transport.close()
      await expectClosed(kind, transport)
      // What both share is let go of once for each of them, not once for each call.
      await use(kind, other, stage.signal)
    }
  },

  L2: async (stage) => {
    for (const kind of kindsOf(stage)) {
      const transport = await stage.process()[kind]()
      const ended = await waitInVain(stage, kind, transport)
      // Time enough for whatever waits to wait in earnest.
      await use(kind, await stage.process()[kind](), stage.signal)
      await closePromptly(stage, transport)
      await ended()
    }
  },

  L3: async (stage) => {
    if (stage.module.event) await closeHoldingEvents(stage)
    if (stage.module.rpc) await closeHoldingCalls(stage)
  },

  L6: async (stage) => {
    for (const kind of kindsOf(stage)) {
      const transport = await stage.process()[kind]()
      for (let round = 0; round < 3; round++) {
        await use(kind, transport, stage.signal)
        const ended = await waitInVain(stage, kind, transport)
        await transport.close()
        await ended()
        await transport.open()
      }
      await use(kind, transport, stage.signal)
    }
    if (stage.module.event) await noGhostMember(stage)
    if (stage.module.rpc) await noGhostServer(stage)
  },

  L8: async (stage) => {
    await openAll(stage, stage.process())
    const ending = new AbortController()
    const round = async (): Promise<void> => {
      const process = stage.process()
      for (const kind of kindsOf(stage)) await use(kind, await process[kind](), ending.signal)
      await process.close()
    }
    await round()
    const before = await leftBehind(stage, ending.signal)
    for (let count = 0; count < stage.rounds(100); count++) await round()
    // What has been closed may take a moment to be gone.
    await stage.until(async () => {
      const after = await leftBehind(stage, ending.signal)
      return after.every((count, index) => count <= (before[index] ?? 0))
    })
  },

  L10: async (stage) => {
    const sender = await stage.event()
    for (const event of eventsNamed('unheard', 3)) await sender.send(event)
    expect(await consumers(stage), 'consumers where somebody has only sent').to.deep.equal([])
    const listening = await listen(stage, await stage.event())
    const senders = [sender, await stage.event(), await stage.event()]
    for (const each of senders) await each.send(eventNamed('heard'))
    await handle(listening, senders.length)
    expect(await consumers(stage), 'consumers where one listens and three send').to.have.lengthOf(1)
  },

  L13: async (stage) => {
    const client = await stage.harness.ownClient?.(stage.namespace)
    if (!client) throw new Error('The harness has given no client.')
    try {
      for (let round = 0; round < 2; round++)
        for (const kind of kindsOf(stage)) {
          const transport = stage.process().unopened(kind, client.options(kind))
          await transport.open()
          await use(kind, transport, stage.signal)
          await transport.close()
          await expectClosed(kind, transport)
          expect(await client.isUsable(), `${kind}: whether the client is usable afterwards`).to.equal(true)
        }
    } finally {
      await client.close()
    }
  },
} satisfies Cases

async function expectClosed(kind: TransportKind, transport: Transport): Promise<void> {
  expect((await transport.health()).isUp, `${kind}: whether it is up after close`).to.equal(false)
  const { code } = await busErrorOf(request(kind, transport))
  expect(code, `${kind}: used after close`).to.equal('BUS_TRANSPORT_CLOSED')
}

// Nothing that waits, be it for a message, a lease or a reply, may hold up a close.
const graceMs = 3_000

async function closePromptly({ clock }: Stage, transport: Transport): Promise<void> {
  const began = clock.now()
  await transport.close()
  expect(clock.now() - began, 'how many milliseconds close took').to.be.below(graceMs)
}

async function closeHoldingEvents(stage: Stage): Promise<void> {
  const [holder, other] = [await stage.event(), await stage.event()]
  const { deliveries } = await listen(stage, holder)
  for (const event of eventsNamed('held', 2)) await other.send(event)
  await idsOf(deliveries, 2)
  const pulling = deliveries.next()
  await closePromptly(stage, holder)
  expect((await pulling).done, 'whether the deliveries have ended').to.equal(true)
  const ids = await handle(await listen(stage, other), 2)
  expect(ids, 'what the next member is given').to.have.members(['held-0', 'held-1'])
}

async function closeHoldingCalls(stage: Stage): Promise<void> {
  const [holder, other] = [await stage.rpc(), await stage.rpc()]
  const { calls } = await serve(stage, holder)
  await other.send(callNamed('hang', 'nowhere'), { timeoutMs: 60_000 })
  expect((await next(calls)).call?.procedureName).to.equal('hang')
  const pulling = calls.next()
  await closePromptly(stage, holder)
  expect((await pulling).done, 'whether the calls have ended').to.equal(true)
  const server = await serve(stage, other)
  await other.send(callNamed('look', 'nowhere'), { timeoutMs: 60_000 })
  expect((await next(server.calls)).call?.procedureName, 'what the next server is given').to.equal('look')
}

// A member that is no more would take its share.
async function noGhostMember(stage: Stage): Promise<void> {
  const [events, sender] = [await stage.event(), await stage.event()]
  await listen(stage, events)
  await events.close()
  await events.open()
  const { deliveries } = await listen(stage, events)
  const sent = eventsNamed('shared', 10)
  for (const event of sent) await sender.send(event)
  expect(await idsOf(deliveries, 10), 'what a member hears alone').to.have.members(sent.map(({ id }) => id))
  if (!stage.harness.inspect) return
  const group = (await stage.inspect()).groups.find(({ pending }) => pending === 10)
  expect(group?.consumers, 'the members of the group').to.have.lengthOf(1)
}

async function noGhostServer(stage: Stage): Promise<void> {
  const [rpcs, caller] = [await stage.rpc(), await stage.rpc()]
  await serve(stage, rpcs)
  await rpcs.close()
  await rpcs.open()
  const { calls } = await serve(stage, rpcs)
  for (let count = 0; count < 10; count++) {
    await caller.send(callNamed(`look-${count}`, 'nowhere'), { timeoutMs: 60_000 })
    expect((await next(calls)).call?.procedureName, 'what a server is given alone').to.equal(`look-${count}`)
  }
}

/** Open connections; sockets and timers of the machine; timers of a virtual clock; listeners of the signal. */
async function leftBehind(stage: Stage, signal: AbortSignal): Promise<readonly number[]> {
  const { connections } = await stage.inspect()
  const resources = process
    .getActiveResourcesInfo()
    .filter((name) => /Socket|Pipe|TCP|TLS|Timeout/.test(name))
  const timers = stage.clock instanceof VirtualClock ? stage.clock.timers : 0
  return [connections, resources.length, timers, getEventListeners(signal, 'abort').length]
}

async function consumers(stage: Stage): Promise<readonly string[]> {
  return (await stage.inspect()).groups.flatMap((group) => group.consumers)
}
