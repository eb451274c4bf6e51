import { expect } from 'chai'
import { busError, until } from '../test/each-transport.ts'
import { lies, sums } from './apis.ts'
import { Fleet } from './fleet.ts'
import { rejection, type PythonService } from './python-service.ts'

const serving = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  fail: () => null,
  get_user: <T>({ user }: { user: T }) => user,
}

describe('schemas between Python and TypeScript', () => {
  let fleet: Fleet
  let python: PythonService

  beforeEach(async () => {
    fleet = await Fleet.assemble()
  })

  afterEach(() => fleet.disband())

  it('of Python: a call that does not fit is refused here, before it is sent', async () => {
    python = await fleet.python()
    const bus = fleet.bus([])
    const wrong = await busError(bus.call('py.sums.add', { a: 'one' }))
    expect(wrong.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
    expect(wrong.message).to.contain('/a: must be integer, received string')
    expect((await busError(bus.call('py.sums.ad', {}))).code).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
    // A call that does not fit would have ended it.
    expect(await bus.call('py.sums.add', { a: 1 })).to.equal(3)
  })

  it('of Python: a call that is sent unchecked ends the Python worker', async () => {
    python = await fleet.python()
    await fleet.edit((text) => text.replace('outgoing: true', 'outgoing: false'))
    const error = await busError(fleet.bus([]).call('py.sums.add', { a: 'one' }, { timeout: '2s' }))
    expect(error.code).to.equal('BUS_RPC_TIMEOUT')
    expect(await python.ended).not.to.equal(0)
    expect(python.output).to.contain("'one' is not of type 'integer'")
  })

  it('of TypeScript: a call that does not fit is refused in Python, before it is sent', async () => {
    const bus = fleet.bus([sums])
    bus.serve(sums, serving)
    await bus.start()
    python = await fleet.python()
    const wrong = await rejection(python.call('ts.sums.add', { a: 'one' }))
    expect(wrong.message)
      .to.match(/^ValidationError: /)
      .and.to.contain("'one' is not of type 'integer'")
    expect((await rejection(python.call('ts.sums.ad', {}))).message).to.match(/^SchemaNotFound: /)
    expect(await python.call('ts.sums.add', { a: 1 })).to.equal(3)
  })

  it('of TypeScript: what a Python that does not know it yet sends is refused with a result', async () => {
    python = await fleet.python()
    const bus = fleet.bus([sums])
    bus.serve(sums, serving)
    await bus.start()
    const wrong = await rejection(python.call('ts.sums.add', { a: 'one' }))
    expect(wrong.message)
      .to.match(/^LightbusWorkerError: /)
      .and.to.contain('/a: must be integer, received string')
    expect((await rejection(python.call('ts.sums.ad', {}))).message)
      .to.match(/^LightbusWorkerError: /)
      .and.to.contain('ad')
    expect(await python.call('ts.sums.add', { a: 1 })).to.equal(3)
  })

  it('of Python: what comes from there and does not fit is refused here, events and results', async () => {
    await fleet.edit((text) => text.replace('outgoing: true', 'outgoing: false'))
    python = await fleet.python()
    const bus = fleet.bus([])
    const heard: object[] = []
    bus.listen(['py.values.everything', 'py.sums.added'], (parameters: object) => heard.push(parameters), {
      listenerName: 'ts_sums',
    })
    await bus.start()
    for (const sum of ['one', 1]) await python.fire('py.sums.added', { sum })
    await until(() => heard.length === 1, 'the event that fits')
    expect(heard).to.deep.equal([{ sum: 1 }])
    expect(bus.lines.join('\n')).to.contain('/sum: must be integer, received string')
    expect((await busError(bus.call('py.values.lie'))).code).to.equal('BUS_RPC_INVALID_RESULT')
  })

  it('of TypeScript: a result that does not fit is refused in Python, and an event ends its worker', async () => {
    await fleet.edit((text) => text.replace('outgoing: true', 'outgoing: false'))
    const bus = fleet.bus([sums, lies])
    bus.serve(sums, serving)
    bus.serve(lies, { lie: () => 'one' as never })
    await bus.start()
    python = await fleet.python()
    expect((await rejection(python.call('ts.lies.lie', {}))).message)
      .to.match(/^ValidationError: /)
      .and.to.contain("'one' is not of type 'integer'")
    await bus.fire('ts.sums.added', { sum: 'one' })
    expect(await python.ended).not.to.equal(0)
    expect(python.output).to.contain("'one' is not of type 'integer'")
  })

  it('are kept alive by their owners, and expire with them', async function () {
    this.timeout(30_000)
    const bus = fleet.bus([sums])
    bus.serve(sums, serving)
    await bus.start()
    python = await fleet.python()
    await Promise.all(['schema:ts.sums', 'schema:py.sums'].map((key) => renewed(key)))
    await python.stop()
    await until(async () => !(await fleet.isServed('py.sums')), "Python's schema expires")
    expect(await fleet.isServed('ts.sums')).to.equal(true)
    expect((await busError(fleet.bus([], 'ts2').call('py.sums.add', { a: 1 }))).code).to.equal(
      'BUS_API_UNKNOWN',
    )
  })

  /** Waits until the key has more time left than it had. */
  async function renewed(key: string): Promise<void> {
    let lowest = Infinity
    await until(async () => {
      const left = await fleet.redis.pttl(key)
      if (left > lowest) return true
      lowest = left
      return false
    }, `${key} is renewed`)
  }
})
