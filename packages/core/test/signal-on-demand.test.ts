import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import sinon from 'sinon'
import { linkedSignal } from '../src/util/linked-signal.ts'
import { SignalOnDemand } from '../src/util/signal-on-demand.ts'

describe('a signal on demand', () => {
  it('is made once, and only for who asks for it', () => {
    const { signal } = new AbortController()
    const make = sinon.spy(() => linkedSignal([signal]))
    const onDemand = new SignalOnDemand(make)
    expect(make.callCount).to.equal(0)
    expect(onDemand.signal).to.equal(onDemand.signal)
    expect(make.callCount).to.equal(1)
  })

  it('aborts as those do that it follows, also when they have before it was made', () => {
    const other = new AbortController()
    const [early, late] = [0, 0].map(() => new SignalOnDemand(() => linkedSignal([other.signal])))
    expect(early?.signal.aborted).to.equal(false)
    other.abort('enough')
    expect([early?.signal.reason, late?.signal.reason]).to.deep.equal(['enough', 'enough'])
  })

  it('lets go of them when it is released, and follows nothing that is asked for after that', () => {
    const other = new AbortController()
    const [made, unmade] = [0, 0].map(() => new SignalOnDemand(() => linkedSignal([other.signal])))
    expect(made?.signal.aborted).to.equal(false)
    for (const one of [made, unmade]) one?.release()
    expect(unmade?.signal.aborted).to.equal(false)
    expect(getEventListeners(other.signal, 'abort')).to.deep.equal([])
    other.abort()
    expect([made?.signal.aborted, unmade?.signal.aborted]).to.deep.equal([false, false])
  })
})
