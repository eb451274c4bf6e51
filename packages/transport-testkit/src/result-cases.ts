import { createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import { callNamed } from './samples.ts'
import { codeOf, type Case } from './stage.ts'

const value = (said: string) => ({ type: 'value', value: { said } }) as const

/** S: results, and R5: what they say of errors. */
export function resultCases(run: Case): void {
  run('S1 a return path belongs to one process instance', async (stage) => {
    const [one, two] = [await stage.result(), await stage.result()]
    const first = (await one.expect(callNamed('buy', ''))).returnPath
    expect(first).to.not.equal((await two.expect(callNamed('buy', ''))).returnPath)
    expect(first.length).to.be.greaterThan(20)
  })

  run('S2 a result is received, whether sent before or after the waiting', async (stage) => {
    const [caller, server] = [await stage.result(), await stage.result()]
    for (const order of ['before', 'after']) {
      const call = callNamed('buy', '')
      const pending = await caller.expect(call)
      const result = createResult(call.id, value(order), { trace: 'x' })
      const waiting = order === 'after' ? pending.receive(stage.signal) : undefined
      await server.send(result, pending.returnPath)
      expect(await (waiting ?? pending.receive(stage.signal))).to.deep.equal(result)
    }
  })

  run('S3 the first of two results wins', async (stage) => {
    const results = await stage.result()
    const call = callNamed('buy', '')
    const pending = await results.expect(call)
    await results.send(createResult(call.id, value('first')), pending.returnPath)
    await results.send(createResult(call.id, value('second')), pending.returnPath)
    expect((await pending.receive(stage.signal)).outcome).to.deep.equal(value('first'))
  })

  run('S5 a return path of another kind is refused', async (stage) => {
    const results = await stage.result()
    const refused = results.send(createResult('call', value('lost')), 'pigeon://roof/1')
    expect(await codeOf(refused)).to.equal('BUS_RESULT_PATH_FOREIGN')
  })

  run('S8 many wait at once, and are answered in any order', async (stage) => {
    const results = await stage.result()
    const calls = Array.from({ length: 200 }, () => callNamed('buy', ''))
    const waiting = await Promise.all(
      calls.map(async (call) => {
        const pending = await results.expect(call)
        return { call, pending, received: pending.receive(stage.signal) }
      }),
    )
    for (const { call, pending } of waiting.toReversed())
      await results.send(createResult(call.id, value(call.id)), pending.returnPath)
    for (const { call, received } of waiting) expect((await received).callId).to.equal(call.id)
  })

  run('R5 S7 an error arrives with all that it says', async (stage) => {
    const results = await stage.result()
    const call = callNamed('buy', '')
    const pending = await results.expect(call)
    const error = {
      message: 'Sold out',
      type: 'RangeError',
      code: 'SOLD_OUT',
      data: { left: 0 },
      trace: 'at',
    }
    await results.send(createResult(call.id, { type: 'error', error }), pending.returnPath)
    expect((await pending.receive(stage.signal)).outcome).to.deep.equal({ type: 'error', error })
  })

  run('R14 S6 who stops waiting hears why, and a late result is discarded', async (stage) => {
    const results = await stage.result()
    const call = callNamed('buy', '')
    const pending = await results.expect(call)
    const stopping = new AbortController()
    const received = pending.receive(stopping.signal)
    stopping.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }))
    expect(await codeOf(received)).to.equal('ENOUGH')
    await results.send(createResult(call.id, value('late')), pending.returnPath)
  })
}
