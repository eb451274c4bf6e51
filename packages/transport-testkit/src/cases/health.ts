import { inspect } from 'node:util'
import { isBusError, type BusError, type Transport, type TransportKind } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { BrokerError, Refusal, Undo } from '../harness.ts'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { persist } from './hearing.ts'
import { listen, next } from './pulling.ts'
import { eventNamed } from './samples.ts'
import { kindsOf, openAll, requests, use } from './using.ts'

/** L9, L12, L15, L18: a broker that cannot be reached, or cannot do what it is asked. */
export const healthCases = {
  L9: async (stage) => {
    await openAll(stage, stage.process())
    const { connections } = await stage.inspect()
    for (const why of ['credentials', 'host', 'permission'] as const) {
      const refusal = await stage.fault('refuseOpening')(why)
      await forEachKind(stage, async (kind) => {
        const { retriable } = await refusedOpening(stage, kind, refusal)
        expect(retriable, `${kind}: whether trying again helps against ${why}`).to.equal(why === 'host')
      })
      await stage.until(async () => (await stage.inspect()).connections <= connections)
      await refusal.undo()
      await usableAnew(stage)
    }
  },

  L12: async (stage) => {
    const process = stage.process()
    const attempts = await requests(stage, process)
    for (const [fault, isRetriable] of Object.entries(retriable)) {
      // What stands there are the names of the errors.
      const undo = await stage.fault('fail')(fault as BrokerError)
      await forEachKind(stage, async (kind) => {
        const error = await busErrorOf(attempts[kind]())
        expect(error.retriable, `${kind}: whether trying again helps against ${fault}`).to.equal(isRetriable)
      })
      await undo()
      // A connection that was lost may take a moment.
      await forEachKind(stage, (kind) => persist(stage, attempts[kind]))
    }
    await forEachKind(stage, async (kind) => use(kind, await process[kind](), stage.signal))
  },

  L15: async (stage) => {
    const transports = kindsOf(stage).map((kind) => stage.process().unopened(kind))
    const allAre = async (isUp: boolean): Promise<boolean> => {
      const all = await Promise.all(transports.map(isUpNow))
      return all.every((each) => each === isUp)
    }
    expect(await allAre(false), 'whether all are down before open').to.equal(true)
    await Promise.all(transports.map((transport) => transport.open()))
    expect(await allAre(true), 'whether all are up once open').to.equal(true)
    const receiver = await stage.process().event()
    transports.push(receiver)
    const { deliveries } = await listen(stage, receiver)
    const pulling = next(deliveries)
    stage.during(pulling.catch(() => undefined))
    const faults: readonly (() => Promise<Undo>)[] = [
      () => stage.fault('refuse')(),
      () => stage.fault('silence')('from-broker'),
    ]
    for (const fault of faults) {
      const undo = await fault()
      await stage.until(() => allAre(false))
      await undo()
      await stage.until(() => allAre(true))
    }
    const sender = await stage.event()
    await sender.send(eventNamed('recovered'))
    expect((await pulling).event?.id, 'what is received after all that').to.equal('recovered')
    await Promise.all(transports.map((transport) => transport.close()))
    expect(await allAre(false), 'whether all are down after close').to.equal(true)
  },

  L18: async (stage) => {
    await openAll(stage, stage.process())
    const undo = await stage.fault('lack')()
    const foundBy: TransportKind[] = []
    await forEachKind(stage, async (kind) => {
      const transport = stage.process().unopened(kind)
      const error = await transport.open().catch((reason: unknown) => reason)
      // Who opens nevertheless does not need what is lacking.
      if (error === undefined) return use(kind, transport, stage.signal)
      expect(isBusError(error) && !error.retriable, `${kind}: whether the error is terminal`).to.equal(true)
      foundBy.push(kind)
    })
    expect(foundBy, 'the kinds that have found out when opening').not.to.deep.equal([])
    await undo()
    await usableAnew(stage)
  },
} satisfies Cases

const retriable: Readonly<Record<BrokerError, boolean>> = {
  loading: true,
  reset: true,
  refused: true,
  'out-of-memory': true,
  'read-only': true,
  'wrong-type': false,
  credentials: false,
}

async function forEachKind(stage: Stage, act: (kind: TransportKind) => Promise<unknown>): Promise<void> {
  await Promise.all(kindsOf(stage).map(act))
}

async function refusedOpening(stage: Stage, kind: TransportKind, refusal: Refusal): Promise<BusError> {
  const process = stage.process()
  const transport = process.unopened(kind, refusal.options?.(kind))
  const error = await busErrorOf(transport.open())
  const health = await transport.health()
  expect(health.isUp, `${kind}: whether it is up though it could not be opened`).to.equal(false)
  if (refusal.secret === undefined) return error
  const told = inspect({ error, health, address: transport.address, notices: process.notices }, { depth: 20 })
  expect(told.includes(refusal.secret), `${kind}: whether the secret is told`).to.equal(false)
  return error
}

async function usableAnew(stage: Stage): Promise<void> {
  const process = stage.process()
  await forEachKind(stage, async (kind) => use(kind, await process[kind](), stage.signal))
  await process.close()
}

async function isUpNow(transport: Transport): Promise<boolean> {
  const health = await transport.health()
  if (!health.isUp) expect(health.why, 'why it is down').to.be.a('string').with.length.above(0)
  return health.isUp
}
