import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { sums } from './apis.ts'
import { Fleet } from './fleet.ts'
import type { PythonService } from './python-service.ts'

describe('what Python does not know', () => {
  let fleet: Fleet
  let python: PythonService
  let bus: ReturnType<typeof fleetBus>
  const headers: unknown[] = []
  const fleetBus = () => fleet.bus([sums])

  before(async () => {
    fleet = await Fleet.assemble()
    bus = fleetBus()
    bus.serve(sums, { add: ({ a, b }) => a + b, fail: () => null, get_user: ({ user }) => user })
    bus.ts.sums.added.listen((_, { message }) => headers.push({ ...message.headers }), {
      listenerName: 'ts_sums',
    })
    await bus.start()
    python = await fleet.python()
  })

  after(() => fleet.disband())

  it('travels past it: headers and keys of events', async () => {
    const { id } = await bus.ts.sums.added.fire({ sum: 1 }, { headers: { tenant: 'a' }, key: 'order-1' })
    await python.until(() => python.heard('ts.sums.added').length === 1, 'Python hears it')
    expect(python.heard('ts.sums.added')[0]).to.deep.include({ id, values: { sum: '1' } })
    await until(() => headers.length === 1, 'we hear it too')
    expect(headers[0]).to.deep.include({ tenant: 'a' })
    const [entry] = await fleet.redis.xrevrange('ts.sums.*:stream', '+', '-', 'COUNT', 1)
    expect(entry?.[1]).to.include('')
  })

  it('waits where it cannot see it: events fired with a delay', async () => {
    const { id } = await bus.ts.sums.added.fire({ sum: 2 }, { delay: '200ms' })
    await python.until(
      () => python.heard('ts.sums.added').some((line) => line['id'] === id),
      'Python hears it',
    )
  })

  it('is ignored in calls: headers and idempotency keys', async () => {
    const options = { headers: { tenant: 'a' }, idempotencyKey: 'sum-1' }
    expect(await bus.call('py.sums.add', { a: 1 }, options)).to.equal(3)
    expect(await bus.call('py.sums.add', { a: 2 }, options)).to.equal(4)
  })
})
