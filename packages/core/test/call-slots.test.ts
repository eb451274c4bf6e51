import { setMaxListeners } from 'node:events'
import { expect } from 'chai'
import { CallSlots, rpcConcurrency, waitingPerLimit, type CallSlot } from '../src/worker/call-slots.ts'
import { rejection } from './scripted-broker.ts'

const call = (procedureName: string) => ({
  id: 'c',
  apiName: 'shop',
  procedureName,
  parameters: {},
  headers: {},
})
const never = new AbortController().signal
setMaxListeners(0, never)
const limited = { concurrency: 2, procedures: { slow: { concurrency: 1 } } }

/** A slot that is asked for, and whether it is there already. */
function asked(slots: CallSlots, procedureName: string, signal = never) {
  const state: { slot: CallSlot | undefined; isOver: boolean } = { slot: undefined, isOver: false }
  const taking = slots.take(call(procedureName), signal).then((slot) => {
    state.slot = slot
    state.isOver = true
  })
  return Object.assign(state, { taking })
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('the slots of calls', () => {
  it('hold a procedure to its own limit, and nothing else', async () => {
    const slots = new CallSlots(limited, () => undefined)
    const first = asked(slots, 'slow')
    const second = asked(slots, 'slow')
    const fast = asked(slots, 'fast')
    await settle()
    expect([first.isOver, second.isOver, fast.isOver]).to.deep.equal([true, false, true])
    first.slot?.release()
    await second.taking
  })

  it('hold the API to its limit, whatever the procedures', async () => {
    const slots = new CallSlots(limited, () => undefined)
    const some = [asked(slots, 'a'), asked(slots, 'b'), asked(slots, 'c')]
    await settle()
    expect(some.map(({ isOver }) => isOver)).to.deep.equal([true, true, false])
    some[1]?.slot?.release()
    await some[2]?.taking
  })

  it('hold the API to 100, where nothing else is said', async () => {
    const slots = new CallSlots({}, () => undefined)
    expect(slots.prefetch).to.equal(rpcConcurrency)
    const running = Array.from({ length: rpcConcurrency }, () => asked(slots, 'a'))
    const next = asked(slots, 'a')
    await settle()
    expect(running.every(({ isOver }) => isOver)).to.equal(true)
    expect(next.isOver).to.equal(false)
    running[7]?.slot?.release()
    await next.taking
  })

  it('go to the one that waited longest', async () => {
    const slots = new CallSlots(limited, () => undefined)
    const first = asked(slots, 'slow')
    const waiting = [asked(slots, 'slow'), asked(slots, 'slow')]
    await first.taking
    first.slot?.release()
    await settle()
    expect(waiting.map(({ isOver }) => isOver)).to.deep.equal([true, false])
  })

  it('are refused at once when as many wait as may, while others are served', async () => {
    const slots = new CallSlots(limited, () => undefined)
    expect(slots.prefetch).to.equal(rpcConcurrency + 2 * waitingPerLimit)
    const first = asked(slots, 'slow')
    const waiting = Array.from({ length: waitingPerLimit }, () => asked(slots, 'slow'))
    const busy = await rejection(slots.take(call('slow'), never))
    expect(busy).to.deep.include({ code: 'BUS_RPC_BUSY', retriable: true })
    expect(busy.message).to.contain('shop.slow')
    await asked(slots, 'fast').taking
    first.slot?.release()
    await waiting[0]?.taking
    const again = asked(slots, 'slow')
    await settle()
    expect(again.isOver).to.equal(false)
  })

  it('are not given to a call whose time is over, which makes room for another', async () => {
    const slots = new CallSlots(limited, () => undefined)
    const first = asked(slots, 'slow')
    const over = new AbortController()
    const gone = asked(slots, 'slow', over.signal)
    const patient = asked(slots, 'slow')
    await settle()
    over.abort()
    await gone.taking
    expect(gone.slot).to.equal(undefined)
    first.slot?.release()
    await patient.taking
    expect(patient.slot).to.not.equal(undefined)
    expect(await slots.take(call('fast'), over.signal)).to.equal(undefined)
  })

  it('can be lent and taken back, beyond the limit for a moment', async () => {
    let told = 0
    const slots = new CallSlots(limited, () => told++)
    const { prefetch } = slots
    const first = asked(slots, 'slow')
    const second = asked(slots, 'slow')
    await first.taking
    const takeBack = [first.slot?.lend(), first.slot?.lend()]
    await second.taking
    expect([slots.prefetch, told]).to.deep.equal([prefetch + 1, 1])
    for (const back of takeBack) back?.()
    expect(slots.prefetch).to.equal(prefetch)
    const third = asked(slots, 'slow')
    first.slot?.release()
    await settle()
    expect(third.isOver).to.equal(false)
    second.slot?.release()
    await third.taking
  })

  it('may become more or fewer while calls run and wait', async () => {
    let told = 0
    const slots = new CallSlots({}, () => told++)
    const running = [asked(slots, 'slow'), asked(slots, 'slow'), asked(slots, 'fast')]
    await Promise.all(running.map(({ taking }) => taking))
    slots.change({ procedures: { slow: { concurrency: 1 } } })
    expect([slots.prefetch, told]).to.deep.equal([rpcConcurrency + waitingPerLimit, 1])
    const next = asked(slots, 'slow')
    running[0]?.slot?.release()
    await settle()
    expect(next.isOver).to.equal(false)
    running[1]?.slot?.release()
    await next.taking
    const waiting = [asked(slots, 'slow'), asked(slots, 'slow')]
    await settle()
    expect(waiting.map(({ isOver }) => isOver)).to.deep.equal([false, false])
    slots.change({ procedures: { slow: { concurrency: 3 } } })
    await Promise.all(waiting.map(({ taking }) => taking))
  })

  it('let as many wait as the prefetch says beyond those that run', async () => {
    const slots = new CallSlots({ concurrency: 1, prefetch: 2 }, () => undefined)
    const first = asked(slots, 'a')
    const second = asked(slots, 'a')
    expect((await rejection(slots.take(call('a'), never))).message).to.contain(
      'as many calls as may wait for it already: 1',
    )
    first.slot?.release()
    await second.taking
  })

  it('are released once, also while they are lent', async () => {
    const slots = new CallSlots(limited, () => undefined)
    const { prefetch } = slots
    const first = asked(slots, 'slow')
    await first.taking
    const takeBack = first.slot?.lend()
    first.slot?.release()
    first.slot?.release()
    takeBack?.()
    first.slot?.lend()()
    expect(slots.prefetch).to.equal(prefetch)
    await asked(slots, 'slow').taking
    const next = asked(slots, 'slow')
    await settle()
    expect(next.isOver).to.equal(false)
  })
})
