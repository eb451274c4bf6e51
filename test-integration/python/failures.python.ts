import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { fatal, forgiven } from './apis.ts'
import { Fleet } from './fleet.ts'

describe('a listener of Python that fails at an event of TypeScript', () => {
  let fleet: Fleet
  beforeEach(async () => (fleet = await Fleet.assemble()))
  afterEach(() => fleet.disband())

  it('acknowledges it and goes on, where listen_for_events is told to', async () => {
    const bus = fleet.bus([forgiven])
    bus.serve(forgiven)
    await bus.start()
    const python = await fleet.python()
    for (const n of [1, 2]) await bus.ts.forgiven.counted.fire({ n })
    await python.until(() => python.saying('failed').length === 2, 'both events are heard')
    await until(async () => (await pending('forgiven')) === 0, 'both are acknowledged')
  })

  it('stops its worker else, and the event waits for the next process', async () => {
    const bus = fleet.bus([fatal])
    bus.serve(fatal)
    await bus.start()
    const python = await fleet.python()
    await bus.ts.fatal.counted.fire({ n: 1 })
    expect(await python.ended).not.to.equal(0)
    expect(python.output).to.contain('ValueError').and.to.contain('no 1')
    expect(await pending('fatal')).to.equal(1)
  })

  async function pending(name: string): Promise<number> {
    const [count] = (await fleet.redis.xpending(`ts.${name}.*:stream`, `fleet-${name}`)) as [number]
    return count
  }
})
