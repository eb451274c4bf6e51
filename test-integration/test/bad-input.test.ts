import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { busError, privateConfig, quietBus } from './each-transport.ts'

const shop = defineApi('shop', {
  events: { order_placed: event({ sku: z.string(), quantity: z.int() }) },
  procedures: { price_of: procedure({ sku: z.string() }, z.number()) },
})

const messageOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`
  }
  throw new Error('It was expected to throw, and did not')
}

describe('bad input', () => {
  const bus = () => quietBus([shop], privateConfig('memory'))

  it('names the nearest API for an unknown one', async () => {
    await using b = bus()
    const error = await busError(b.fire('shpo.order_placed', {}))
    expect(error.code).to.equal('BUS_API_UNKNOWN')
    expect(error.message).to.contain('Did you mean "shop"?')
    expect((await busError(b.call('shpo.price_of', {}))).message).to.contain('Did you mean "shop"?')
  })

  it('names the nearest event, also for a listener', async () => {
    await using b = bus()
    expect((await busError(b.fire('shop.order_plaecd', {}))).message).to.contain(
      'Did you mean "order_placed"?',
    )
    await using c = bus()
    c.listen(['shop.order_plaecd'], () => undefined, { listenerName: 'l' })
    expect((await busError(c.start())).code).to.equal('BUS_EVENT_UNKNOWN')
  })

  it('names the nearest procedure', async () => {
    await using b = bus()
    const error = await busError(b.call('shop.prize_of', { sku: 'x' }))
    expect(error.code).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
    expect(error.message).to.contain('Did you mean "price_of"?')
  })

  it('refuses wrong parameters before they leave, without their values', async () => {
    await using b = bus()
    b.serve(shop, { price_of: () => 1 })
    await b.start()
    const fired = await busError(
      b.fire('shop.order_placed', { sku: 'hush', quantity: 'hush', extra: 'hush' }),
    )
    expect(fired.code).to.equal('BUS_EVENT_INVALID')
    expect(fired.message)
      .to.contain('/quantity: must be integer, received string')
      .and.to.contain('"extra" is unknown')
    expect(fired.message).to.not.contain('hush')
    const called = await busError(b.call('shop.price_of', {}))
    expect(called.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
    expect(called.message).to.contain('"sku" is missing')
  })

  it('lets only the owner fire', async () => {
    await using b = bus()
    const error = await busError(b.shop.order_placed.fire({ sku: 'x', quantity: 1 }))
    expect(error.code).to.equal('BUS_API_NOT_AUTHORITATIVE')
    expect(error.message).to.contain('only a process that serves the API "shop"')
  })

  it('names the path of a value that cannot travel', async () => {
    await using b = bus()
    b.serve(shop, { price_of: () => 1 })
    const error = await busError(b.fire('shop.order_placed', { sku: { deep: () => 1 } }))
    expect(error.code).to.equal('BUS_VALUE_UNSERIALIZABLE')
    expect(error.message).to.contain('"/sku/deep"')
  })

  it('refuses names that cannot be', () => {
    expect(messageOf(() => defineApi('my api', {}))).to.match(/^BUS_API_NAME_INVALID: "my api"/)
    expect(messageOf(() => createBus({ apis: [defineApi('start', {})] }))).to.contain(
      'a word of the bus itself',
    )
    expect(messageOf(() => createBus({ apis: [shop, shop] }))).to.match(/^BUS_API_DUPLICATE/)
  })

  it('refuses a schema that has no JSON Schema', () => {
    const act = () => defineApi('a', { events: { e: event({ text: v.string() }) } })
    expect(messageOf(act)).to.match(/^BUS_SCHEMA_UNSUPPORTED: .*"a\.e\.text" \(valibot\)/)
  })

  it('refuses to serve with a procedure missing', () => {
    const b = bus()
    expect(messageOf(() => b.serve(shop, {} as never))).to.match(/^BUS_SERVE_INCOMPLETE: .*"price_of"/)
  })

  it('refuses two listeners of one name', () => {
    const b = bus()
    const listen = () => b.shop.order_placed.listen(() => undefined, { listenerName: 'twice' })
    listen()
    expect(messageOf(listen)).to.match(/^BUS_LISTENER_DUPLICATE: .*"twice"/)
  })

  it('refuses a duration that is none', async () => {
    await using b = bus()
    const error = await busError(b.shop.price_of({ sku: 'x' }, { timeout: '5 minutes' }))
    expect(error.code).to.equal('BUS_DURATION_INVALID')
  })

  it('says which class the container cannot make', async () => {
    await using b = bus()
    class Missing {
      readonly needed: object
      constructor(needed: object) {
        this.needed = needed
      }
      price_of() {
        return 1
      }
    }
    b.serve(shop, Missing)
    await b.start()
    const error = await busError(b.shop.price_of({ sku: 'x' }))
    expect(error.message).to.contain('The container cannot make Missing')
    expect(error.facts['code']).to.equal('BUS_DEPENDENCY_UNRESOLVED')
  })

  it('refuses what comes too late', async () => {
    await using b = bus()
    await b.start()
    expect(messageOf(() => b.every('1s', () => undefined))).to.match(/^BUS_STATE_WRONG/)
    expect((await busError(b.start({ serviceName: 'other' }))).code).to.equal('BUS_ALREADY_CONFIGURED')
    await b.stop()
    expect((await busError(b.shop.price_of({ sku: 'x' }))).code).to.equal('BUS_STATE_WRONG')
  })

  it('refuses a transport that is not installed', async () => {
    await using b = quietBus([shop], {
      apis: { default: { rpc_transport: { '@acme/lightbus-nowhere': {} } } },
    })
    const error = await busError(b.start())
    expect(error.code).to.equal('BUS_TRANSPORT_NOT_INSTALLED')
    expect(error.message).to.contain('npm install @acme/lightbus-nowhere')
  })

  it('refuses messages without a schema where validation is strict', async () => {
    const other = defineApi('other', {})
    await using b = quietBus([shop, other], privateConfig('memory', { strict_validation: true }))
    expect((await busError(b.call('nobody.does', {}))).code).to.equal('BUS_API_UNKNOWN')
  })
})
