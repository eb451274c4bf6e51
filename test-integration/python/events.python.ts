import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { sums, tally } from './apis.ts'
import { Fleet } from './fleet.ts'
import type { PythonService } from './python-service.ts'

interface Heard {
  readonly parameters: object
  readonly id: string
  readonly version: number
}

describe('events between Python and TypeScript', () => {
  let fleet: Fleet
  let python: PythonService

  before(async () => {
    fleet = await Fleet.assemble()
    python = await fleet.python()
  })

  after(() => fleet.disband())

  it('go from Python to TypeScript, on a stream for each API and on one for each event', async () => {
    const bus = fleet.bus([])
    const heard = new Map<string, Heard>()
    bus.listen(
      ['py.sums.added', 'py.tally.counted'],
      (parameters: object, { message }) =>
        heard.set(message.name, { parameters, id: message.id, version: message.version }),
      { listenerName: 'ts_events' },
    )
    await bus.start()
    const added = await python.fire('py.sums.added', { sum: 3 })
    const counted = await python.fire('py.tally.counted', { n: 1 })
    await until(() => heard.size === 2, 'both events of Python')
    expect(heard.get('py.sums.added')).to.deep.equal({ parameters: { sum: 3 }, id: added, version: 3 })
    expect(heard.get('py.tally.counted')).to.deep.equal({ parameters: { n: 1 }, id: counted, version: 1 })
    expect(await fleet.redis.keys('py.*:stream')).to.have.members([
      'py.sums.*:stream',
      'py.tally.counted:stream',
    ])
  })

  it('go from TypeScript to Python, on a stream for each API and on one for each event', async () => {
    const bus = fleet.bus([sums, tally])
    bus.serve(sums, { add: ({ a, b }) => a + b, fail: () => null, get_user: ({ user }) => user })
    bus.serve(tally)
    await bus.start()
    const added = await bus.ts.sums.added.fire({ sum: 3 })
    const counted = await bus.ts.tally.counted.fire({ n: 1 })
    await python.until(() => python.saying('heard').length === 2, 'both events of TypeScript')
    expect(python.heard('ts.sums.added')).to.deep.equal([
      { heard: 'ts.sums.added', id: added.id, version: 3, values: { sum: '3' } },
    ])
    expect(python.heard('ts.tally.counted')).to.deep.equal([
      { heard: 'ts.tally.counted', id: counted.id, version: 1, values: { n: '1' } },
    ])
  })

  it('carry what has no type in Python, null and objects included', async () => {
    const bus = fleet.bus([], 'ts2')
    const heard: object[] = []
    bus.listen(['py.sums.untyped'], (parameters: object) => heard.push(parameters), {
      listenerName: 'ts_untyped',
    })
    await bus.start()
    await python.fire('py.sums.untyped', { a: { x: [1, 2, null] }, b: null })
    await until(() => heard.length === 1, 'the event without types')
    expect(heard).to.deep.equal([{ a: { x: [1, 2, null] }, b: null }])
  })
})
