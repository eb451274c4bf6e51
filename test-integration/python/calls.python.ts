import { expect } from 'chai'
import { busError } from '../test/each-transport.ts'
import { slow, sums } from './apis.ts'
import { Fleet } from './fleet.ts'
import { rejection, type PythonService } from './python-service.ts'

const user = { name: 'bob', address: { street: 'High St', zip: null } }

describe('calls from TypeScript to Python', () => {
  let fleet: Fleet
  let python: PythonService
  let call: (procedure: string, parameters?: object, options?: object) => Promise<unknown>

  before(async () => {
    fleet = await Fleet.assemble()
    python = await fleet.python()
    const bus = fleet.bus([])
    call = (procedure, parameters, options) => bus.call(procedure, parameters, options)
  })

  after(() => fleet.disband())

  it('get results, with the defaults of the Python function', async () => {
    expect(await call('py.sums.add', { a: 1 })).to.equal(3)
    expect(await call('py.sums.add', { a: 1, b: 4 })).to.equal(5)
    expect(await call('py.values.when')).to.equal('2026-01-02T03:04:05')
  })

  it('hand over objects as what the hints say, and get them back', async () => {
    expect(await call('py.values.get_user', { user })).to.deep.equal(user)
    const [called] = python.saying('user')
    expect(called?.['user']).to.equal("User(name='bob', address=Address(street='High St', zip=None))")
  })

  it('are told what Python raised: the type and the message as Python shows them, and the trace', async () => {
    const error = await busError(call('py.sums.fail', { message: 'boom' }))
    expect(error.code).to.equal('BUS_RPC_REMOTE_FAILURE')
    expect(error.message).to.contain('py.sums.fail').and.to.contain("ValueError('boom')")
    expect(error.facts['trace'])
      .to.match(/^Traceback .*\n/)
      .and.to.match(/ValueError: boom\n$/)
  })

  it('end at their timeout, and Python does not execute what has waited for longer', async () => {
    const running = busError(call('py.slow.wait', {}, { timeout: '300ms' }))
    await python.until(
      () => python.saying('called').some(({ called }) => called === 'wait'),
      'the first call',
    )
    const waiting = await busError(call('py.slow.wait', {}, { timeout: '100ms' }))
    expect([(await running).code, waiting.code]).to.deep.equal(['BUS_RPC_TIMEOUT', 'BUS_RPC_TIMEOUT'])
    expect((await busError(call('py.slow.wait'))).message).to.contain('within 1000 ms')
    expect(python.saying('called').filter(({ called }) => called === 'wait')).to.have.lengthOf(1)
  })

  it('run beside each other on one list of results', async () => {
    const numbers = Array.from({ length: 50 }, (_, a) => a)
    const results = await Promise.all(numbers.map((a) => call('py.sums.add', { a, b: 0 })))
    expect(results).to.deep.equal(numbers)
  })
})

describe('calls from Python to TypeScript', () => {
  let fleet: Fleet
  let python: PythonService
  const waiting: string[] = []

  before(async () => {
    fleet = await Fleet.assemble()
    const bus = fleet.bus([sums, slow])
    bus.serve(sums, {
      add: ({ a, b }) => a + b,
      get_user: (parameters) => parameters.user,
      fail: ({ message }) => {
        throw Object.assign(new RangeError(message), { code: 'NO_MORE', data: { left: 0 } })
      },
    })
    bus.serve(slow, {
      wait: (_, { message, signal }) => {
        waiting.push(message.id)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))
      },
    })
    await bus.start()
    python = await fleet.python()
  })

  after(() => fleet.disband())

  it('get results, with the defaults of the TypeScript procedure', async () => {
    expect(await python.call('ts.sums.add', { a: 1 })).to.equal(3)
    expect(await python.call('ts.sums.add', { a: 1, b: 4 })).to.equal(5)
    expect(await python.call('ts.sums.get_user', { user })).to.deep.equal(user)
  })

  it('are told what TypeScript threw, with the trace', async () => {
    const error = await rejection(python.call('ts.sums.fail', { message: 'boom' }))
    expect(error.message)
      .to.match(/^LightbusWorkerError: Error while calling ts\.sums\.fail: boom\n/)
      .and.to.match(/Remote stack trace:\nRangeError: boom\n +at /)
  })

  it('end at the timeout of the file', async () => {
    const error = await rejection(python.call('ts.slow.wait', {}))
    expect(error.message).to.match(
      /^LightbusTimeout: Timeout when calling RPC ts\.slow\.wait after waiting for 1\./,
    )
    expect(waiting).to.have.lengthOf(1)
  })

  it('run beside each other', async () => {
    const numbers = Array.from({ length: 50 }, (_, a) => a)
    const results = await Promise.all(numbers.map((a) => python.call('ts.sums.add', { a, b: 0 })))
    expect(results).to.deep.equal(numbers)
  })
})
