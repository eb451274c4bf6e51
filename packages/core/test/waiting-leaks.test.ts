import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { abortable } from '../src/util/abortable.ts'
import { realClock } from '../src/util/clock.ts'
import { FlowGate } from '../src/worker/flow-gate.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const rounds = 20_000

/** How many bytes are kept for each round, when none should be. */
async function keptPerRound(act: () => Promise<unknown>): Promise<number> {
  const heap = (): number => (collectGarbage(), process.memoryUsage().heapUsed)
  for (let round = 0; round < rounds / 10; round++) await act()
  const before = heap()
  for (let round = 0; round < rounds; round++) await act()
  return (heap() - before) / rounds
}

describe('waiting beside something that takes for ever', () => {
  it('keeps nothing of the acts that came and went beside one that runs on', async () => {
    const gate = new FlowGate(realClock, { isPaused: false, concurrency: 2, rateLimit: undefined })
    const { signal } = new AbortController()
    await gate.enter(signal)
    const kept = await keptPerRound(async () => {
      await gate.enter(signal)
      const opens = gate.isOpen(signal)
      gate.leave()
      await opens
    })
    expect(kept).to.be.below(100)
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })

  it('keeps nothing of those who gave up waiting, at the promise or at the signal', async () => {
    const forEver = new Promise<never>(() => undefined)
    const lasting = new AbortController()
    const kept = await keptPerRound(async () => {
      const patience = new AbortController()
      const waiting = abortable(forEver, patience.signal).catch(() => undefined)
      patience.abort()
      await waiting
      await abortable(Promise.resolve(), lasting.signal)
    })
    expect(kept).to.be.below(100)
    expect(getEventListeners(lasting.signal, 'abort')).to.deep.equal([])
  })

  it('tells everybody who waits for the same promise, also after it is settled, and one who aborts alone', async () => {
    let settle: (value: number) => void = () => undefined
    const promise = new Promise<number>((resolve) => (settle = resolve))
    const { signal } = new AbortController()
    const impatient = new AbortController()
    const waiting = [abortable(promise, signal), abortable(promise, signal)]
    const gaveUp = abortable(promise, impatient.signal).catch((reason: unknown) => reason)
    impatient.abort('enough')
    expect(await gaveUp).to.equal('enough')
    settle(7)
    expect(await Promise.all(waiting)).to.deep.equal([7, 7])
    expect(await abortable(promise, signal)).to.equal(7)
    const failing = Promise.reject(new Error('no'))
    for (let time = 0; time < 2; time++)
      expect(await abortable(failing, signal).catch((error: unknown) => error)).to.have.property(
        'message',
        'no',
      )
  })
})
