import { readFile } from 'node:fs/promises'
import { testBus, type TestBusOptions } from '@lightbus/core/testing'
import { expect } from 'chai'
import { busError, transports, until } from '../each-transport.ts'
import { failure, listening, registerShop, shop, warehouse } from './shop-under-test.ts'

const apis = [shop, warehouse] as const
const order = { sku: 'x', quantity: 2 }

for (const transport of transports) {
  describe(`a test of a service over ${transport}`, () => {
    const before = process.env['TEST_TRANSPORT']
    beforeEach(() => (process.env['TEST_TRANSPORT'] = transport))
    afterEach(() => {
      if (before === undefined) delete process.env['TEST_TRANSPORT']
      else process.env['TEST_TRANSPORT'] = before
    })

    const start = (options: Partial<TestBusOptions<typeof apis>> = {}) =>
      testBus({ apis, setup: registerShop, ...options })

    it('plays the other services, and sees what is fired and called', async () => {
      await using t = await start()
      t.rpc('my_company.warehouse.reserve').returns({ reserved: true })
      expect(await t.settle(() => t.bus.shop.place_order(order))).to.equal('placed')
      t.fired('shop.order_placed')
        .once()
        .with({ sku: 'x' })
        .with({ to: { city: 'Vienna' } })
      t.called('my_company.warehouse.reserve').times(1).with(order)
      t.called('my_company.warehouse.count').never()
      t.fired('my_company.warehouse.restocked').never()
      t.deadLetters.none()
    })

    it('lets a procedure answer with an error or by a function, and the last word counts', async () => {
      await using t = await start()
      const reserve = t.rpc('my_company.warehouse.reserve')
      reserve.throws(Object.assign(new Error('on strike'), { code: 'STRIKE' }))
      const failed = await busError(t.settle(() => t.bus.shop.place_order(order)))
      expect(failed.message).to.contain('on strike')
      reserve.handles(async ({ quantity }, { message }) => {
        expect(message.name).to.equal('my_company.warehouse.reserve')
        return { reserved: quantity < 3 }
      })
      expect(await t.settle(() => t.bus.shop.place_order(order))).to.equal('placed')
      const none = await busError(t.settle(() => t.bus.shop.place_order({ ...order, quantity: 3 })))
      expect(none.facts).to.include({ code: 'OUT_OF_STOCK' })
      t.called('my_company.warehouse.reserve').times(3).with({ quantity: 3 }).once()
    })

    it('waits for all that an act brings about, through handlers, calls and events', async () => {
      const steps: string[] = []
      await using t = await start({
        setup(bus) {
          registerShop(bus)
          bus.shop.order_placed.listen(
            async ({ sku }) => {
              await readFile(new URL(import.meta.url))
              steps.push(`packed ${sku}`)
              steps.push(`left ${await bus.my_company.warehouse.count({ sku })}`)
            },
            { listenerName: 'packing' },
          )
        },
      })
      t.rpc('my_company.warehouse.reserve').returns({ reserved: true })
      t.rpc('my_company.warehouse.count').returns(7)
      await t.settle(() => t.bus.shop.place_order(order))
      expect(steps).to.deep.equal(['packed x', 'left 7'])
      t.handled('packing').once().onAttempt(1).with({ sku: 'x' })
    })

    it('waits for retries, and then shows what was given up', async () => {
      await using t = await start({
        setup: listening((sku, attempt) => {
          if (sku === 'broken' || attempt < 3) throw Object.assign(new Error('no room'), { code: 'FULL' })
        }),
        config: { apis: { default: { retry: { attempts: 3, delay: '50ms' } } } },
      })
      await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'x' }))
      t.handled('refresh').once().onAttempt(3)
      t.deadLetters.none()
      await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'broken' }))
      t.handled('refresh').once()
      t.deadLetters.once().of('refresh').because('FULL').with({ sku: 'broken' })
      expect(failure(() => t.deadLetters.none()).message).to.equal(
        'Expected events to have been given up never, but it happened once:\n' +
          `  - my_company.warehouse.restocked { sku: 'broken' } by "refresh" at attempt 3: FULL: no room`,
      )
    })

    it('waits for delayed events that somebody listens for', async () => {
      const heard: string[] = []
      await using t = await start({ setup: listening((sku) => heard.push(sku)) })
      await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'later' }, { delay: '300ms' }))
      expect(heard).to.deep.equal(['later'])
    })

    it('fires an event as its owner, whoever that is', async () => {
      await using t = await start()
      await t.fire('my_company.warehouse.restocked', { sku: 'x' }, { headers: { tenant: 'a' } })
      await t.fire('shop.order_placed', { ...order, to: { city: 'Graz' } })
      t.fired('my_company.warehouse.restocked').once().withHeaders({ tenant: 'a' })
      t.fired('shop.order_placed')
        .once()
        .with({ to: { city: 'Graz' } })
    })

    it('fails a call that nobody answers, and says so although the service under test copes', async () => {
      await using t = await start({
        setup(bus) {
          bus.serve(shop, {
            async place_order({ sku }) {
              const left = await bus.my_company.warehouse
                .count({ sku })
                .catch((error: Error) => error.message)
              return String(left)
            },
          })
        },
      })
      const mistake = await busError(t.settle(() => t.bus.shop.place_order(order)))
      expect(mistake.code).to.equal('BUS_TEST_CALL_UNEXPECTED')
      expect(mistake.message).to.contain(`t.rpc('my_company.warehouse.count').returns(...)`)
      expect(await t.bus.shop.place_order(order)).to.contain('nobody answers in this test')
    })

    it('refuses answers that do not fit the schema: at once, or when the call was made', async () => {
      await using t = await start()
      const reserve = t.rpc('my_company.warehouse.reserve')
      const wrong = { reserved: 'secret' } as unknown as { reserved: boolean }
      expect(() => reserve.returns(wrong))
        .to.throw(/"my_company.warehouse.reserve"[^]*reserved: must be boolean, received string/)
        .with.property('code', 'BUS_RPC_INVALID_RESULT')
      reserve.handles(() => wrong)
      const mistake = await busError(t.settle(() => t.bus.shop.place_order(order)))
      expect(mistake.code).to.equal('BUS_RPC_INVALID_RESULT')
    })

    it('reports what hangs instead of hanging', async () => {
      const hanging: (() => void)[] = []
      await using t = await start({
        setup: listening(() => new Promise<void>((resolve) => hanging.push(resolve))),
        settle: { within: '100ms' },
      })
      const fired = await t.fire('my_company.warehouse.restocked', { sku: 'x' })
      await until(() => hanging.length === 1, 'it is handled')
      const error = await busError(t.settle())
      expect(error.code).to.equal('BUS_TEST_UNSETTLED')
      expect(error.facts).to.deep.equal({
        hanging: [
          `the listener "refresh" with my_company.warehouse.restocked ${fired.id}, attempt 1 has not ended`,
        ],
      })
      const [end] = hanging
      end?.()
      await t.settle(() => undefined, { within: '5s' })
      const never = await busError(t.settle(() => new Promise(() => undefined), { within: '50ms' }))
      expect(never.facts).to.deep.equal({ hanging: ['the act itself has not ended'] })
    })

    it('tells why the worker has stopped', async () => {
      const broken = new Error('the disk is full')
      await using t = await start({
        setup: listening(
          () => {
            throw broken
          },
          { onError: 'shutdown' },
        ),
      })
      const error: unknown = await t
        .settle(() => t.fire('my_company.warehouse.restocked', { sku: 'x' }))
        .catch((thrown: unknown) => thrown)
      expect(error).to.equal(broken)
    })

    it('checks every message strictly', async () => {
      await using t = await start()
      const place = t.bus.shop.place_order as (parameters: object) => Promise<string>
      expect((await busError(place({ sku: 1 }))).code).to.equal('BUS_RPC_INVALID_PARAMETERS')
      const fire = t.fire as (path: string, parameters: object) => Promise<unknown>
      const invalid = await busError(fire.call(t, 'my_company.warehouse.restocked', { sku: 1 }))
      expect(invalid.code).to.equal('BUS_EVENT_INVALID')
    })

    it('lets time pass for tasks', async () => {
      let runs = 0
      await using t = await start({
        setup(bus) {
          registerShop(bus)
          bus.every('100ms', async function refreshing() {
            runs += 1
            await readFile(new URL(import.meta.url))
            await bus.my_company.warehouse.count({ sku: 'x' })
          })
        },
      })
      t.rpc('my_company.warehouse.count').returns(1)
      await t.settle()
      const before = runs
      await t.advance('350ms')
      await t.settle()
      if (transport === 'memory') expect(runs - before).to.equal(3)
      // Real time goes on by itself.
      else expect(runs).to.be.above(before)
      t.called('my_company.warehouse.count').with({ sku: 'x' })
    })

    it('knows listeners that come and go, and waits for those that go slowly', async () => {
      const heard: string[] = []
      await using t = await start()
      const late = t.bus.my_company.warehouse.restocked.listen(({ sku }) => heard.push(sku), {
        listenerName: 'late',
        rateLimit: { events: 1, per: '50ms' },
      })
      await late.ready
      await t.settle(async () => {
        for (const sku of ['a', 'b', 'c']) await t.fire('my_company.warehouse.restocked', { sku })
      })
      t.handled('late').times(3)
      await late.stop()
      await t.settle(() => t.fire('my_company.warehouse.restocked', { sku: 'd' }))
      expect(heard).to.deep.equal(['a', 'b', 'c'])
    })

    it('hears nothing of other tests', async () => {
      const heard: string[] = []
      const setup = listening((sku) => heard.push(sku))
      await using one = await start({ setup })
      await using other = await start({ setup })
      await one.settle(() => one.fire('my_company.warehouse.restocked', { sku: 'x' }))
      await other.settle()
      expect(heard).to.deep.equal(['x'])
      other.fired('my_company.warehouse.restocked').never()
    })

    it('refuses paths and listeners that there are not, with the nearest', async () => {
      await using t = await start({ setup: listening(() => undefined) })
      const anyPath = (path: string) => path as 'shop.place_order'
      const wrong: readonly [() => unknown, string, string][] = [
        [() => t.rpc(anyPath('shop.place_ordr')), 'BUS_RPC_UNKNOWN_PROCEDURE', 'place_order'],
        [() => t.called(anyPath('shpo.place_order')), 'BUS_API_UNKNOWN', 'shop'],
        [
          () => t.fired(anyPath('shop.order_plced') as 'shop.order_placed'),
          'BUS_EVENT_UNKNOWN',
          'order_placed',
        ],
        [() => t.handled('refrsh'), 'BUS_LISTENER_UNKNOWN', 'refresh'],
        [() => t.rpc(anyPath('place_order')), 'BUS_API_NAME_INVALID', 'before a dot'],
      ]
      for (const [act, code, nearest] of wrong) expect(act).to.throw(nearest).with.property('code', code)
      expect(() => t.rpc('shop.place_order'))
        .to.throw('served by the service under test')
        .with.property('code', 'BUS_TEST_API_SERVED')
    })
  })
}
