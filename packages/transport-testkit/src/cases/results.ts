import { randomBytes } from 'node:crypto'
import {
  createCall,
  createResult,
  isBusError,
  type PendingResult,
  type RemoteError,
  type ResultMessage,
  type ResultTransport,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import { outcomeOf, patient, serving, things } from './calling.ts'
import type { Cases } from './case.ts'
import { codeOf } from './failures.ts'

/** S1–S3, S5, S7 and S9–S11: a result finds its caller, and nobody else. */
export const resultsCases = {
  async S1(stage) {
    const server = await stage.result()
    const paths: string[] = []
    // A process of one name that is started again and again, and instances of it at the same time.
    for (let start = 0; start < 10; start++) {
      const processes = [stage.process({ name: 'shop-again' }), stage.process({ name: 'shop-again' })]
      for (const process of processes) {
        const { pending, result } = await expected(await process.result())
        await server.send(result, pending.returnPath)
        expect(await pending.receive(stage.signal), 'what the path leads back').to.deep.equal(result)
        paths.push(pending.returnPath)
      }
      await Promise.all(processes.map((process) => process.close()))
    }
    expect(paths, 'different paths').to.have.length(new Set(paths).size)
    const secrets = secretsOf(paths)
    for (const secret of secrets) expect(secret.length, `what tells ${secret} apart`).to.be.at.least(16)
    // What can be guessed from another one has most of its letters in common with it.
    for (const [index, secret] of secrets.entries())
      for (const other of secrets.slice(index + 1))
        expect(inCommon(secret, other), `how alike ${secret} and ${other} are`).to.be.lessThan(0.75)
  },

  async S2(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    for (const order of ['before', 'after', 'before', 'after'] as const) {
      const { pending, result } = await expected(caller)
      const waiting = order === 'after' ? pending.receive(stage.signal) : undefined
      await server.send(result, pending.returnPath)
      if (order === 'before') await sentAndReceived(stage, { caller, server })
      expect(await (waiting ?? pending.receive(stage.signal)), `sent ${order}`).to.deep.equal(result)
    }
  },

  async S3(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    for (const order of ['before', 'after'] as const) {
      const { pending, result } = await expected(caller, 'first')
      const waiting = order === 'after' ? pending.receive(stage.signal) : undefined
      for (const said of ['second', 'third']) {
        if (said === 'second') await server.send(result, pending.returnPath)
        await server.send(createResult(result.callId, { type: 'value', value: said }), pending.returnPath)
      }
      await sentAndReceived(stage, { caller, server })
      expect(await (waiting ?? pending.receive(stage.signal)), `sent ${order}`).to.deep.equal(result)
      await sentAndReceived(stage, { caller, server })
    }
  },

  async S5(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const { pending, result } = await expected(caller)
    const { returnPath } = pending
    const scheme = returnPath.slice(0, returnPath.indexOf(':') + 1)
    const others = ['', 'pigeon://roof/1', 'nonsense', '🚌', '\u0000', '://', scheme, `${scheme}//`, 'null']
    for (const path of others) {
      const code = await codeOf(server.send(result, path))
      expect(code, `sending to ${JSON.stringify(path)}`).to.equal('BUS_RESULT_PATH_FOREIGN')
    }
    await server.send(result, returnPath)
    expect(await pending.receive(stage.signal)).to.deep.equal(result)
  },

  async S7(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const errors: readonly RemoteError[] = [
      {
        message: 'Größe 🚌 is sold out',
        type: 'RangeError',
        code: 'SOLD_OUT',
        data: { left: 0, of: [null] },
        trace: 'RangeError: sold out\n    at sell (shop.js:1:1)',
      },
      { message: '' },
      { message: 'BUS_RPC_TIMEOUT', type: 'BusError', code: 'BUS_RPC_UNKNOWN_PROCEDURE' },
    ]
    for (const error of errors) {
      const call = unaddressed()
      const pending = await caller.expect(call)
      const result = createResult(call.id, { type: 'error', error }, { tenant: 'x' })
      await server.send(result, pending.returnPath)
      expect(await pending.receive(stage.signal)).to.deep.equal(result)
    }
  },

  async S9(stage) {
    // Whoever was there first may be the first who is back.
    const processes = [await stage.result(), await stage.result(), await stage.result()] as const
    const [before, server, after] = processes
    for (let round = 0; round < stage.rounds(3); round++) {
      const waits = await Promise.all([before, after].map((caller) => expected(caller, round)))
      const received = waits.map(({ pending }) => pending.receive(stage.signal))
      await stage.fault('cut')()
      await Promise.all(waits.map((wait) => sentPatiently(stage, server, wait)))
      const results = waits.map(({ result }) => result)
      expect(await Promise.all(received), 'after the connection was lost').to.deep.equal(results)
    }
  },

  async S10(stage) {
    const server = await stage.result()
    for (const isGone of [true, false]) {
      const [before, after] = [stage.process({ name: 'shop-again' }), stage.process({ name: 'shop-again' })]
      const call = unaddressed()
      const old = await (await before.result()).expect(call)
      if (isGone) await before.close()
      const caller = await after.result()
      const pending = await caller.expect(call)
      expect(pending.returnPath).to.not.equal(old.returnPath)
      const [wrong, right] = ['for the predecessor', 'for the successor'].map((value) =>
        createResult(call.id, { type: 'value', value }),
      )
      if (!wrong || !right) return expect.fail('two results were expected')
      await outcomeOf(server.send(wrong, old.returnPath))
      await sentAndReceived(stage, { caller, server })
      await server.send(right, pending.returnPath)
      expect(await pending.receive(stage.signal)).to.deep.equal(right)
      if (!isGone) expect(await old.receive(stage.signal)).to.deep.equal(wrong)
    }
  },

  async S11(stage) {
    const [caller, server] = [await stage.result(), await stage.result()]
    const bytes = randomBytes(98_304)
    for (const value of ['x'.repeat(1_048_576), '🚌'.repeat(262_144), bytes.toString('base64')]) {
      const { pending, result } = await expected(caller, value)
      await server.send(result, pending.returnPath)
      const { outcome } = await pending.receive(stage.signal)
      const isSame = outcome.type === 'value' && outcome.value === value
      expect(isSame, `${value.length} characters from ${value.slice(0, 4)} on`).to.equal(true)
    }
    if (!stage.module.rpc) return
    await serving(stage, things, { list: () => new Uint8Array(bytes) })
    const value = await stage.bus([things]).call('shop.things.list', {}, patient)
    expect(Buffer.from(String(value), 'base64').equals(bytes), 'the bytes of a procedure').to.equal(true)
  },
} satisfies Cases

interface Expected {
  readonly pending: PendingResult
  /** What is to be sent to it. */
  readonly result: ResultMessage
}

interface CallerAndServer {
  readonly caller: ResultTransport
  readonly server: ResultTransport
}

function unaddressed() {
  return createCall({ apiName: 'shop.orders', procedureName: 'buy', parameters: {} })
}

async function expected(caller: ResultTransport, value: string | number = 'bought'): Promise<Expected> {
  const call = unaddressed()
  const pending = await caller.expect(call)
  return { pending, result: createResult(call.id, { type: 'value', value }, { trace: 'x' }) }
}

/** Another call and its result: whatever was sent before has come, or will never come. */
async function sentAndReceived(stage: Stage, { caller, server }: CallerAndServer): Promise<void> {
  const { pending, result } = await expected(caller, 'sentinel')
  await server.send(result, pending.returnPath)
  expect(await pending.receive(stage.signal)).to.deep.equal(result)
}

/** Sends as soon as the broker is there again; the first time it was sent may count already. */
async function sentPatiently(
  stage: Stage,
  server: ResultTransport,
  { result, pending }: Expected,
): Promise<void> {
  await stage.until(async () => {
    try {
      await server.send(result, pending.returnPath)
      return true
    } catch (error) {
      if (!isBusError(error) || !error.retriable) throw error
      return false
    }
  })
}

/** What is left of texts without what they begin and end with in common. */
function secretsOf(texts: readonly string[]): readonly string[] {
  const [first = ''] = texts
  const lengths = Array.from({ length: first.length + 1 }, (_, length) => length)
  const head = lengths.findLast((length) => texts.every((text) => text.startsWith(first.slice(0, length))))
  const cut = texts.map((text) => text.slice(head))
  const tail = lengths.findLast((length) =>
    cut.every((text) => text.endsWith(first.slice(first.length - length))),
  )
  return cut.map((text) => text.slice(0, text.length - (tail ?? 0)))
}

/** How many of their letters two texts have in the same place: from 0 up to 1. */
function inCommon(one: string, other: string): number {
  const same = one.split('').filter((letter, index) => letter === other[index])
  return same.length / Math.max(one.length, other.length)
}
