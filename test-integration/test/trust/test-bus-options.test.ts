import { isBus, type BusError } from '@lightbus/core'
import { testBus, VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { busError, keepingLog, redisUrl } from '../each-transport.ts'
import { failure, listening, registerShop, shop, warehouse } from './shop-under-test.ts'

const apis = [shop, warehouse] as const
const order = { sku: 'x', quantity: 2 }

describe('a test of a service', () => {
  it('runs in virtual time, which jumps only for what waits for it', async () => {
    let runs = 0
    const began = Date.UTC(2020, 0, 1)
    await using t = await testBus({
      apis,
      transport: { memory: {} },
      setup(bus) {
        listening(
          (_, attempt) => {
            if (attempt < 3) throw new Error('not yet')
          },
          { retry: { delay: '1m', maxDelay: '1h', jitter: false } },
        )(bus)
        bus.every('50s', () => void (runs += 1), { name: 'counting' })
      },
    })
    await t.settle()
    expect(t.clock.now()).to.equal(began)
    await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'x' }))
    expect(t.clock.now()).to.equal(began + 180_000)
    expect(runs).to.equal(3)
    t.handled('refresh').once().onAttempt(3)
    await t.advance('1h')
    expect(t.clock.now()).to.equal(began + 180_000 + 3_600_000)
    expect(runs).to.equal(75)
  })

  it('does not jump further than it may', async () => {
    await using t = await testBus({ apis, transport: { memory: {} }, setup: listening(() => undefined) })
    const fire = () => t.fire('my_company.warehouse.restocked', { sku: 'x' }, { id: 'e1', delay: '2h' })
    const error = await busError(t.settle(fire, { within: '50ms' }))
    expect(error.message).to.match(/my_company\.warehouse\.restocked e1 is due in \d+ ms/)
    await t.settle(() => undefined, { ahead: '3h' })
    t.handled('refresh').once()
  })

  it('lets a call time out when time passes', async () => {
    const clock = new VirtualClock(1_000)
    await using t = await testBus({ apis, transport: { memory: {} }, clock, setup: registerShop })
    t.rpc('my_company.warehouse.reserve').handles(() => new Promise(() => undefined))
    const placed = busError(t.bus.shop.place_order(order))
    const hanging = await busError(t.settle(() => undefined, { within: '50ms' }))
    expect(hanging.message).to.match(/the call of my_company\.warehouse\.reserve \S+ has not ended/)
    await t.advance('5s')
    expect((await placed).code).to.be.oneOf(['BUS_RPC_TIMEOUT', 'BUS_RPC_REMOTE_FAILURE'])
    expect(clock.now()).to.equal(6_000)
  })

  it('has no virtual clock over a real broker', async () => {
    const transport = { redis: { url: redisUrl(), namespace: `test-${process.pid}:` } }
    await using t = await testBus({ apis, transport, setup: registerShop })
    expect(() => t.clock)
      .to.throw()
      .with.property('code', 'BUS_TEST_CLOCK_REAL')
  })

  it('needs no setup, no other service, and no listener', async () => {
    await using t = await testBus({ apis, transport: { memory: {} } })
    t.rpc('shop.place_order').returns('placed')
    expect(await t.settle(() => t.bus.shop.place_order(order))).to.equal('placed')
    await using alone = await testBus({
      apis: [shop],
      transport: { memory: {} },
      setup: (bus) => bus.serve(shop, { place_order: () => 'alone' }),
    })
    expect(await alone.settle(() => alone.bus.shop.place_order(order))).to.equal('alone')
  })

  it('takes the configuration of the service from its file, its transports apart', async () => {
    const log = keepingLog()
    await using t = await testBus({
      apis,
      config: new URL('../../fixtures/under-test.yaml', import.meta.url).pathname,
      transport: { memory: {} },
      setup: listening(() => {
        throw new Error('never')
      }),
      log: log.log,
    })
    await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'x' }))
    t.deadLetters.once()
    expect(log.lines.filter((line) => line.startsWith('Listener "refresh" failed'))).to.have.lengthOf(2)
    const missing: unknown = await testBus({ apis, config: 'nowhere.yaml' }).catch((error: unknown) => error)
    expect((missing as BusError).code).to.equal('BUS_CONFIG_UNREADABLE')
  })

  it('says in its failures what happened instead, for mocha, vitest and node:test', async () => {
    await using t = await testBus({ apis, transport: { memory: {} }, setup: registerShop })
    expect(failure(() => t.fired('shop.order_placed').once()).message).to.equal(
      'Expected shop.order_placed to have been fired once, but it was fired never. Nothing of the kind happened.',
    )
    await t.fire('my_company.warehouse.restocked', { sku: 'y' })
    expect(failure(() => t.fired('shop.order_placed').once()).message).to.equal(
      'Expected shop.order_placed to have been fired once, but it was fired never. What happened instead:\n' +
        `  - my_company.warehouse.restocked { sku: 'y' }`,
    )
    const wrong = failure(() => t.fired('my_company.warehouse.restocked').with({ sku: 'x' }))
    expect(wrong.message).to.equal(
      `Expected my_company.warehouse.restocked to have been fired with { sku: 'x' }, but it was fired once:\n` +
        `  - my_company.warehouse.restocked { sku: 'y' }`,
    )
    expect(wrong).to.deep.include({ actual: { sku: 'y' }, expected: { sku: 'x' }, code: 'ERR_ASSERTION' })
    expect(wrong.stack?.split('\n').find((line) => line.includes(' at '))).to.contain(
      'test-bus-options.test.ts',
    )
    expect(failure(() => t.fired('my_company.warehouse.restocked').never())).to.include({
      actual: 1,
      expected: 0,
    })
    await t.settle()
    expect(failure(() => t.deadLetters.once()).message).to.equal(
      'Expected events to have been given up once, but it happened never. Nothing of the kind happened.',
    )
  })

  it('leaves nothing running behind', async () => {
    const t = await testBus({
      apis,
      transport: { memory: {} },
      setup: listening(() => {
        throw new Error('again and again')
      }),
    })
    await t.fire('my_company.warehouse.restocked', { sku: 'x' })
    await t.stop()
    await t.stop()
    expect((await busError(t.bus.shop.place_order(order))).code).to.equal('BUS_STATE_WRONG')
  })

  it('uses plugins, transports and containers that are given', async () => {
    const seen: string[] = []
    const own = await import('@lightbus/transport-memory')
    await using t = await testBus({
      apis,
      transport: { mine: {} },
      transports: { mine: own.transportModule },
      clock: new VirtualClock(),
      plugins: [
        {
          name: 'seeing',
          async fireEvent(event, next) {
            seen.push(event.eventName)
            await next(event)
          },
        },
      ],
      setup: registerShop,
    })
    t.rpc('my_company.warehouse.reserve').returns({ reserved: true })
    await t.settle(() => t.bus.shop.place_order(order))
    expect(seen).to.deep.equal(['order_placed'])
  })

  it('says what is missing where the transport is not installed', async () => {
    const error = await busError(testBus({ apis, transport: { 'no-such-transport': {} } }))
    expect(error.code).to.equal('BUS_TRANSPORT_NOT_INSTALLED')
  })

  it('gives the tested service a bus like any other', async () => {
    await using t = await testBus({ apis, transport: { memory: {} }, setup: registerShop })
    expect(isBus(t.bus)).to.equal(true)
  })
})
