import { expect } from 'chai'
import { compile, removeCompiled } from '../compile-program.ts'

const start = `
import { createBus, defineApi, event, procedure, type Bus } from '@lightbus/core'
import { testBus } from '@lightbus/core/testing'
import { z } from 'zod'
const shop = defineApi('shop', {
  events: { order_placed: event({ sku: z.string(), to: z.object({ city: z.string(), street: z.string() }) }), closed: event() },
  procedures: { place_order: procedure({ sku: z.string(), quantity: z.number() }, z.string()) },
})
const warehouse = defineApi('my_company.warehouse', {
  procedures: { reserve: procedure({ sku: z.string() }, z.object({ reserved: z.boolean() })) },
})
function registerShop(bus: Bus<[typeof shop]>) {
  bus.serve(shop, { place_order: ({ sku }) => sku })
}
const t = await testBus({ apis: [shop, warehouse], setup: registerShop })
`

describe('the types of a test bus', function () {
  this.timeout(60_000)

  after(removeCompiled)

  it('accept what is right, with parameters and results inferred', () => {
    const { errors } = compile(
      'test-bus-right',
      `${start}
t.rpc('my_company.warehouse.reserve').returns({ reserved: true })
t.rpc('my_company.warehouse.reserve').handles(({ sku }, { signal }) => ({ reserved: sku === 'x' && !signal.aborted }))
t.rpc('my_company.warehouse.reserve').throws(new Error('no'))
const placed: string = await t.settle(() => t.bus.shop.place_order({ sku: 'x', quantity: 1 }))
const nothing: void = await t.settle()
await t.fire('shop.closed')
await t.fire('shop.order_placed', { sku: 'x', to: { city: 'a', street: 'b' } }, { delay: '1s' })
t.fired('shop.order_placed').once().with({ to: { city: 'a' } }).withHeaders({ tenant: 'a' }).never()
t.called('my_company.warehouse.reserve').times(2).with({ sku: 'x' })
t.handled('packing').once().onAttempt(2).with({ sku: 'x' })
t.deadLetters.of('packing').because('X').once()
export { placed, nothing }`,
    )
    expect(errors).to.deep.equal([])
  })

  const wrong: Record<string, [line: string, message: RegExp]> = {
    'a procedure that there is not': [
      `t.rpc('my_company.warehouse.reserv')`,
      /'"my_company.warehouse.reserv"' is not assignable/,
    ],
    'an event in place of a procedure': [
      `t.called('shop.order_placed')`,
      /"shop.order_placed"' is not assignable/,
    ],
    'an API that there is not': [`t.fired('shpo.order_placed')`, /"shpo.order_placed"' is not assignable/],
    'an answer of another type': [
      `t.rpc('my_company.warehouse.reserve').returns({ reserved: 'yes' })`,
      /'string' is not assignable to type 'boolean'/,
    ],
    'a function that answers something else': [
      `t.rpc('my_company.warehouse.reserve').handles(() => true)`,
      /'boolean' is not assignable/,
    ],
    'parameters that the event does not have': [
      `t.fired('shop.order_placed').with({ size: 1 })`,
      /'size' does not exist/,
    ],
    'parameters of another type, also further down': [
      `t.fired('shop.order_placed').with({ to: { city: 1 } })`,
      /'number' is not assignable to type 'string'/,
    ],
    'an event without what it needs': [
      `await t.fire('shop.order_placed', { sku: 'x' })`,
      /'to' is missing|not assignable/,
    ],
    'a result of another type': [
      `const n: number = await t.settle(() => t.bus.shop.place_order({ sku: 'x', quantity: 1 }))`,
      /'string' is not assignable to type 'number'/,
    ],
    'a setup for other APIs': [
      `await testBus({ apis: [warehouse], setup: registerShop })`,
      /'shop' is missing|not assignable/,
    ],
  }
  for (const [what, [line, message]] of Object.entries(wrong))
    it(`refuse ${what}`, () => {
      const { errors } = compile('test-bus-wrong', `${start}\n${line}\nexport {}`)
      expect(errors).to.have.length(1)
      expect(errors[0]).to.match(message)
    })
})
