import { defineApi, instance, procedure, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, privateConfig, quietBus, transports, until } from './each-transport.ts'
import { documentedRows, eventOf, Money, sentOf, show, valueRows } from './value-rows.ts'

const names = Object.keys(valueRows)
const day = new Date('2026-01-02T03:04:05.000Z')
const everything = defineApi('values', {
  events: { everything: eventOf(names) },
  procedures: {
    next: procedure(
      { at: z.date(), price: instance(Money) },
      z.object({ at: z.date(), prices: z.set(z.instanceof(Money)) }),
    ),
    nothing: procedure({}, z.void()),
    short: procedure({ text: z.string().refine((text) => text.length < 9) }, z.date()),
  },
})

for (const transport of transports)
  describe(`values over ${transport}`, () => {
    let config: WrittenConfig
    beforeEach(() => (config = privateConfig(transport)))

    it('arrive as the table of docs/values.md says', async () => {
      const heard: Record<string, unknown>[] = []
      const onWire: Record<string, unknown>[] = []
      await using owner = serving(config)
      owner.listen(['values.everything'], (parameters: Record<string, unknown>) => heard.push(parameters), {
        listenerName: 'cast',
      })
      await using other = quietBus([], config, 'other')
      other.listen(['values.everything'], (parameters: Record<string, unknown>) => onWire.push(parameters), {
        listenerName: 'plain',
      })
      await Promise.all([owner.start(), other.start()])
      await owner.fire('values.everything', sentOf(names))
      await until(() => heard.length + onWire.length === 2, 'both have heard it')
      const rows = Object.entries(valueRows).map(([name, [definition, , sent]]) => [
        definition,
        show(sent),
        JSON.stringify(onWire[0]?.[name]),
        show(heard[0]?.[name]),
      ])
      expect((await documentedRows()).map((row) => row.slice(0, 4))).to.deep.equal(rows)
    })

    it('go to procedures and come back from them as the definition says', async () => {
      await using bus = serving(config)
      await bus.start()
      const result = await bus.values.next({ at: day, price: new Money('5') })
      expect(result).to.deep.equal({
        at: new Date(day.getTime() + 1),
        prices: new Set([new Money('5')]),
      })
      expect(await bus.values.nothing()).to.equal(undefined)
    })

    it('that do not fit are refused where they are sent, conditions of the library included', async () => {
      await using bus = serving(config)
      await bus.start()
      const error = await busError(bus.values.short({ text: 'hush-hush' }))
      expect(error.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
      expect(error.message).to.contain('/text: Invalid input, received string')
      expect(error.message).not.to.contain('hush')
    })

    it('that do not fit are refused where they arrive', async () => {
      await using bus = serving(config)
      await using other = quietBus([], config, 'other')
      await bus.start()
      const error = await busError(other.call('values.next', { at: 'some day', price: '5 EUR' }))
      expect(error.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
      expect(error.message).to.contain('/at: must be date, received string')
      expect((await busError(other.call('values.short', { text: 'hush-hush' }))).code).to.equal(
        'BUS_RPC_INVALID_PARAMETERS',
      )
      const failed = await busError(other.call('values.next', { at: day, price: 'hush' }))
      expect(failed.message).to.contain('/price: must be Money, received string')
    })

    it('stay what JSON says with cast_values: false', async () => {
      const heard: Record<string, unknown>[] = []
      await using bus = serving(privateConfig(transport, { cast_values: false }))
      bus.listen(['values.everything'], (parameters: Record<string, unknown>) => heard.push(parameters), {
        listenerName: 'plain',
      })
      await bus.start()
      await bus.fire('values.everything', sentOf(names))
      await until(() => heard.length === 1, 'it is heard')
      expect(heard[0]?.['zoned']).to.equal('2026-01-02T03:04:05.000Z')
      expect(await bus.call('values.short', { text: 'a' })).to.equal('2026-01-02T03:04:05.000Z')
    })

    it('are cast, or left as they came where they cannot be, with validate: false', async () => {
      const heard: unknown[] = []
      await using bus = serving(privateConfig(transport, { validate: false }))
      bus.listen(['values.everything'], ({ zoned }: { zoned: unknown }) => heard.push(zoned), {
        listenerName: 'l',
      })
      await bus.start()
      await bus.fire('values.everything', sentOf(['zoned']))
      await bus.fire('values.everything', { zoned: 'some day' })
      await until(() => heard.length === 2, 'both are heard')
      expect(heard).to.deep.equal([day, 'some day'])
    })
  })

function serving(config: WrittenConfig) {
  const bus = quietBus([everything], config)
  bus.serve(everything, {
    next: ({ at, price }) => ({ at: new Date(at.getTime() + 1), prices: new Set([price]) }),
    nothing: () => undefined,
    short: () => day,
  })
  return bus
}
