import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { FlowGate, type Flow } from '../src/worker/flow-gate.ts'

const flow = (more: Partial<Flow> = {}): Flow => ({
  isPaused: false,
  concurrency: 1,
  rateLimit: undefined,
  ...more,
})

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** What a promise has come to so far. */
function watched<T>(promise: Promise<T>): { value: T | 'waiting' } {
  const state: { value: T | 'waiting' } = { value: 'waiting' }
  void promise.then((value) => (state.value = value))
  return state
}

describe('the gate of a listener', () => {
  it('is open for as many as may run, and opens again when one leaves', async () => {
    const gate = new FlowGate(new VirtualClock(), flow({ concurrency: 2 }))
    const { signal } = new AbortController()
    await gate.enter(signal)
    await gate.enter(signal)
    const third = watched(gate.isOpen(signal))
    await settle()
    expect(third.value).to.equal('waiting')
    gate.leave()
    await settle()
    expect(third.value).to.equal(true)
  })

  it('opens at once when more may run, or when it is paused no more', async () => {
    const gate = new FlowGate(new VirtualClock(), flow({ isPaused: true }))
    const { signal } = new AbortController()
    const open = watched(gate.isOpen(signal))
    gate.change(flow())
    await settle()
    expect(open.value).to.equal(true)
    await gate.enter(signal)
    const second = watched(gate.isOpen(signal))
    gate.change(flow({ concurrency: 2 }))
    await settle()
    expect(second.value).to.equal(true)
  })

  it('lets nobody in beyond a limit that has shrunk since it was open, or that another loop has used up', async () => {
    const gate = new FlowGate(new VirtualClock(), flow({ concurrency: 2 }))
    const { signal } = new AbortController()
    expect(await gate.isOpen(signal)).to.equal(true)
    await gate.enter(signal)
    gate.change(flow())
    const entering = watched(gate.enter(signal))
    const other = watched(gate.enter(signal))
    await settle()
    expect([entering.value, other.value]).to.deep.equal(['waiting', 'waiting'])
    gate.leave()
    await settle()
    expect(entering.value).to.equal(true)
    expect(other.value).to.equal('waiting')
  })

  it('opens by the clock when the rate allows one more', async () => {
    const clock = new VirtualClock()
    const gate = new FlowGate(clock, flow({ concurrency: 9, rateLimit: { events: 1, perMs: 1_000 } }))
    const { signal } = new AbortController()
    await gate.enter(signal)
    const open = watched(gate.isOpen(signal))
    await settle()
    expect(open.value).to.equal('waiting')
    clock.advance(1_000)
    await settle()
    expect(open.value).to.equal(true)
    gate.change(flow({ concurrency: 9 }))
    await gate.enter(signal)
    expect(await gate.isOpen(signal)).to.equal(true)
  })

  it('is left at once, and with nothing behind, when the listener stops', async () => {
    const clock = new VirtualClock()
    const gate = new FlowGate(clock, flow({ rateLimit: { events: 1, perMs: 60_000 } }))
    const stopping = new AbortController()
    await gate.enter(stopping.signal)
    gate.leave()
    const open = watched(gate.isOpen(stopping.signal))
    const entering = watched(gate.enter(stopping.signal))
    expect(clock.timers).to.equal(2)
    stopping.abort()
    await settle()
    expect([open.value, entering.value, clock.timers]).to.deep.equal([false, false, 0])
  })
})
