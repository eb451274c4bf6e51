import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { sums } from './apis.ts'
import { Fleet } from './fleet.ts'

// At its start Python takes away the consumers that have not read for consumer_ttl, and the groups without consumers.
describe('a Python process that starts and cleans up', () => {
  let fleet: Fleet
  let heard: number[]

  beforeEach(async () => {
    fleet = await Fleet.assemble()
    heard = []
  })

  afterEach(() => fleet.disband())

  async function listening() {
    const bus = fleet.bus([sums])
    bus.serve(sums, { add: ({ a, b }) => a + b, fail: () => null, get_user: ({ user }) => user })
    bus.ts.sums.added.listen(({ sum }) => heard.push(sum), { listenerName: 'ts_sums' })
    await bus.start()
    return bus
  }

  it('leaves alone a listener here that waits for its first event', async () => {
    const earlier = fleet.bus([sums], 'earlier')
    earlier.serve(sums, { add: ({ a, b }) => a + b, fail: () => null, get_user: ({ user }) => user })
    await earlier.ts.sums.added.fire({ sum: 0 })
    const bus = await listening()
    await fleet.python()
    await bus.ts.sums.added.fire({ sum: 1 })
    await until(() => heard.includes(1), 'the event')
    expect(heard).to.deep.equal([1])
  })
})
