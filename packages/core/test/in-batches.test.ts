import { inBatches } from '@lightbus/core/transport'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { rejection, until } from './scripted-broker.ts'

/** A source that gives what the test puts in, and counts what was asked of it. */
function source() {
  const items: (number | Error | 'end')[] = []
  const state = { asked: 0, isReturned: false }
  let wake: () => void = () => undefined
  const put = (...more: (number | Error | 'end')[]): void => {
    items.push(...more)
    wake()
  }
  const iterator: AsyncIterator<number> = {
    async next() {
      state.asked += 1
      while (items.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const item = items.shift()
      if (item instanceof Error) throw item
      return typeof item === 'number' ? { value: item } : { done: true, value: undefined }
    },
    async return() {
      state.isReturned = true
      return { done: true, value: undefined }
    },
  }
  return { state, put, items: { [Symbol.asyncIterator]: () => iterator } }
}

function batching(size = 3) {
  const clock = new VirtualClock()
  const from = source()
  return { ...from, clock, batches: inBatches(from.items, { size, withinMs: 100, clock }) }
}

describe('inBatches', () => {
  it('gives batches of the size, in order, and asks for no more than it gives', async () => {
    const { put, batches, state, clock } = batching()
    put(1, 2, 3, 4, 5, 6, 7, 'end')
    expect((await batches.next()).value).to.deep.equal([1, 2, 3])
    expect([state.asked, clock.timers]).to.deep.equal([3, 0])
    expect((await batches.next()).value).to.deep.equal([4, 5, 6])
    expect((await batches.next()).value).to.deep.equal([7])
    expect(await batches.next()).to.deep.equal({ done: true, value: undefined })
    expect([state.isReturned, clock.timers]).to.deep.equal([true, 0])
  })

  it('gives what there is when the time is over, which counts from the first item', async () => {
    const { put, batches, clock } = batching()
    const next = batches.next()
    clock.advance(1_000)
    put(1)
    await until(() => clock.timers === 1, 'the batch has begun')
    clock.advance(60)
    put(2)
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(40)
    expect((await next).value).to.deep.equal([1, 2])
  })

  it('loses nothing when the time is over while an item is awaited', async () => {
    const { put, batches, clock, state } = batching()
    put(1)
    const first = batches.next()
    await until(() => state.asked === 2, 'it waits for the second item')
    clock.advance(100)
    expect((await first).value).to.deep.equal([1])
    put(2, 3, 4, 'end')
    expect((await batches.next()).value).to.deep.equal([2, 3, 4])
    expect(state.asked).to.equal(4)
    expect((await batches.next()).done).to.equal(true)
  })

  it('gives what it has gathered before the source fails, then fails as it did', async () => {
    const { put, batches, clock } = batching()
    put(1, new Error('no more'))
    expect((await batches.next()).value).to.deep.equal([1])
    expect((await rejection(batches.next())).message).to.equal('no more')
    expect(clock.timers).to.equal(0)
  })

  it('may be left while the source is silent', async () => {
    const { put, batches, clock, state } = batching()
    put(1)
    const first = batches.next()
    await until(() => state.asked === 2, 'it waits for the second item')
    clock.advance(100)
    await first
    await batches.return(undefined)
    expect(state.isReturned).to.equal(true)
  })

  it('gives nothing of a source that is empty', async () => {
    const { put, batches } = batching()
    put('end')
    expect((await batches.next()).done).to.equal(true)
  })
})
