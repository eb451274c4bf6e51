import { defineApi, procedure } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { rejection, ScriptedBroker, until } from './scripted-broker.ts'

const sums = defineApi('sums', {
  procedures: { add: procedure({ n: { type: 'number' } }, { type: 'number' }) },
})

describe('calling', () => {
  it('waits no longer than its timeout for a broker that is not ready for the result, and frees what comes late', async () => {
    const clock = new VirtualClock()
    let isAsked = false
    let getReady: () => void = () => undefined
    const ready = () =>
      new Promise<void>((resolve) => {
        isAsked = true
        getReady = resolve
      })
    const broker = new ScriptedBroker({ ready })
    await using bus = broker.bus([sums], { clock })
    const failure = rejection(bus.sums.add({ n: 1 }, { timeout: '2s' }))
    await until(() => isAsked, 'the call asks for its result')
    clock.advance(2_000)
    expect(await failure).to.include({ code: 'BUS_RPC_TIMEOUT' })
    expect(broker.abandoned).to.have.lengthOf(0)
    getReady()
    await until(() => broker.abandoned.length === 1, 'the place for the result is freed')
    expect(broker.calls).to.have.lengthOf(0)
  })
})
