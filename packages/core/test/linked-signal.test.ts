import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { linkedSignal } from '../src/util/linked-signal.ts'

describe('a linked signal', () => {
  it('aborts as the first of the others does, with its reason', () => {
    const [one, other] = [new AbortController(), new AbortController()]
    const { signal } = linkedSignal([one.signal, undefined, other.signal])
    expect(signal.aborted).to.equal(false)
    other.abort('enough')
    expect([signal.aborted, signal.reason]).to.deep.equal([true, 'enough'])
    one.abort('later')
    expect(signal.reason).to.equal('enough')
  })

  it('is aborted from the beginning where another one is', () => {
    expect(linkedSignal([AbortSignal.abort('early')]).signal.reason).to.equal('early')
  })

  it('aborts by itself without an effect on the others', () => {
    const other = new AbortController()
    const { signal, abort } = linkedSignal([other.signal])
    abort('mine')
    expect([signal.reason, other.signal.aborted]).to.deep.equal(['mine', false])
  })

  it('leaves nothing at the others when it is released, and follows them no more', () => {
    const other = new AbortController()
    const { signal, release } = linkedSignal([other.signal])
    expect(getEventListeners(other.signal, 'abort')).to.have.lengthOf(1)
    release()
    expect(getEventListeners(other.signal, 'abort')).to.have.lengthOf(0)
    other.abort()
    expect(signal.aborted).to.equal(false)
  })

  it('may follow and be followed as often as there are handlers and calls, without a warning', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    const other = new AbortController()
    for (let i = 0; i < 20; i++) linkedSignal([linkedSignal([other.signal]).signal])
    const { signal } = linkedSignal([other.signal])
    for (let i = 0; i < 20; i++) signal.addEventListener('abort', () => i)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warn)
    expect(warnings).to.deep.equal([])
  })
})
