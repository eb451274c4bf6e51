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

  const mostSilentS = 2

  const silent = (text: string): string =>
    text.replace('batch_size: 5\n', `batch_size: 5\n        consumer_ttl: ${mostSilentS}\n`)

  /** Resolves when a consumer that has not read since it was called would be taken away. */
  async function silence(): Promise<void> {
    const from = performance.now()
    await until(() => performance.now() - from > 1.5 * mostSilentS * 1_000, 'the time to pass')
  }

  it('leaves alone a listener here that has heard nothing for long', async () => {
    await fleet.edit(silent)
    const bus = await listening()
    await silence()
    await fleet.python()
    await bus.ts.sums.added.fire({ sum: 1 })
    await until(() => heard.includes(1), 'the event')
    expect(bus.lines.filter((line) => line.includes('vanished'))).to.deep.equal([])
  })

  it('costs a listener here nothing whose group it destroys', async () => {
    const bus = await listening()
    await bus.ts.sums.added.fire({ sum: 1 })
    await until(() => heard.includes(1), 'the first event')
    // The bus has its configuration by now: only Python takes it to be gone so soon.
    await fleet.edit(silent)
    await silence()
    await fleet.python()
    await bus.ts.sums.added.fire({ sum: 2 })
    await until(() => heard.includes(2), 'the second event')
    expect(heard).to.deep.equal([1, 2])
    expect(bus.lines.filter((line) => line.includes('vanished'))).to.have.lengthOf(1)
  })
})
