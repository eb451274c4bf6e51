import { defineApi, event, procedure, type ApiSchema } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { ApiRegistry } from '../src/api/api-registry.ts'
import type { OnBreakingChange, OnConflict } from '../src/config/config.ts'
import { SchemaKeeper } from '../src/schema/schema-keeper.ts'
import { SchemaRegistry } from '../src/schema/schema-registry.ts'
import { keptLog, rejection } from './scripted-broker.ts'

const shop = defineApi('shop', { events: { opened: event() } })
const elsewhere = defineApi('elsewhere', { procedures: { ask: procedure() } }).schema
const another = (eventName: string): ApiSchema => ({
  apiName: 'shop',
  events: { [eventName]: { parameters: {} } },
  rpcs: {},
})

/** A keeper over a schema transport that does what the test says. */
function keeping(onConflict: OnConflict = 'warn', onBreakingChange: OnBreakingChange = 'ignore') {
  const clock = new VirtualClock()
  const { lines, log } = keptLog()
  const apis = new ApiRegistry([shop])
  apis.markServed('shop')
  const schemas = new SchemaRegistry(apis)
  const script = {
    replaced: undefined as ApiSchema | undefined,
    isAway: false,
    rounds: 0,
    stored: [] as ApiSchema[],
  }
  const transport = {
    name: 'scripted',
    address: 'nowhere',
    features: {},
    open: async () => undefined,
    close: async () => undefined,
    health: async () => ({ isUp: true }) as const,
    store: async (schema: ApiSchema) => {
      script.rounds += 1
      if (script.isAway) throw new Error('away')
      script.stored.push(schema)
      return script.replaced ? { replaced: script.replaced } : {}
    },
    load: async () => [elsewhere],
  }
  const keeper = new SchemaKeeper({ apis, schemas, clock, log, ttlMs: 10_000, onConflict, onBreakingChange })
  const nextRound = async (): Promise<void> => {
    clock.advance(8_000)
    // A round ends when the next one is planned.
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { keeper, schemas, transport, script, lines, clock, nextRound }
}

describe('the schema keeper', () => {
  it('stores again at 0.8 of the time to live, until it is stopped', async () => {
    const { keeper, transport, script, clock, nextRound } = keeping()
    await keeper.start(transport)
    clock.advance(7_999)
    expect(script.rounds).to.equal(1)
    clock.advance(1)
    expect(script.rounds).to.equal(2)
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve))
    await nextRound()
    keeper.stop()
    expect([script.rounds, clock.timers]).to.deep.equal([3, 0])
  })

  it('keeps the last known schemas in use while the broker is away, and tries again', async () => {
    const { keeper, schemas, transport, script, lines, nextRound } = keeping()
    await keeper.start(transport)
    script.isAway = true
    await nextRound()
    await nextRound()
    expect(schemas.get('elsewhere')).to.deep.equal(elsewhere)
    expect(lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['warn', 'Schemas could not be refreshed'],
      ['warn', 'Schemas could not be refreshed'],
    ])
    script.isAway = false
    await nextRound()
    expect(lines).to.have.lengthOf(2)
    expect(script.stored).to.have.lengthOf(2)
  })

  for (const { onConflict, level } of [
    { onConflict: 'warn', level: 'warn' },
    { onConflict: 'newest', level: 'debug' },
  ] as const)
    it(`on_conflict ${onConflict}: tells of another schema once for each change`, async () => {
      const { keeper, transport, script, lines, nextRound } = keeping(onConflict)
      script.replaced = another('one')
      await keeper.start(transport)
      await nextRound()
      expect(lines).to.have.lengthOf(1)
      expect(lines[0]).to.deep.include({ level, facts: { api: 'shop' } })
      expect(lines[0]?.message).to.contain('"shop"')
      script.replaced = another('two')
      await nextRound()
      expect(lines).to.have.lengthOf(2)
      script.replaced = undefined
      await nextRound()
      script.replaced = another('two')
      await nextRound()
      expect(lines).to.have.lengthOf(3)
    })

  it('on_conflict error: refuses to start, and leaves the other schema in its place', async () => {
    const { keeper, transport, script, clock } = keeping('error')
    script.replaced = another('one')
    const error = await rejection(keeper.start(transport))
    expect(error.code).to.equal('BUS_SCHEMA_CONFLICT')
    expect(error.message).to.contain('"shop"')
    expect(script.stored).to.deep.equal([shop.schema, script.replaced])
    expect(clock.timers).to.equal(0)
  })

  it('on_conflict error: only says so once it runs', async () => {
    const { keeper, transport, script, lines, nextRound } = keeping('error')
    await keeper.start(transport)
    script.replaced = another('one')
    await nextRound()
    expect(lines.map(({ level, facts }) => ({ level, facts }))).to.deep.equal([
      { level: 'warn', facts: { api: 'shop' } },
    ])
  })

  const opened = shop.schema.events['opened'] ?? { parameters: {} }
  const cases: readonly (readonly [what: string, replaced: ApiSchema, warnings: number])[] = [
    ['a schema that breaks its listeners', another('closed'), 1],
    ['a schema with an event more', { ...shop.schema, events: {} }, 0],
    [
      'the same in other words',
      { ...shop.schema, events: { opened: { parameters: { ...opened.parameters, title: '' } } } },
      0,
    ],
  ]
  for (const [what, replaced, count] of cases) {
    it(`on_breaking_change warn: tells once, at the start, of ${what}: ${count}`, async () => {
      const { keeper, transport, script, lines, nextRound } = keeping('newest', 'warn')
      script.replaced = replaced
      await keeper.start(transport)
      await nextRound()
      const warnings = lines.filter(({ level }) => level === 'warn')
      expect(warnings).to.have.lengthOf(count)
      if (count > 0) expect(warnings[0]?.facts).to.deep.include({ api: 'shop' })
      if (count > 0) expect(JSON.stringify(warnings[0]?.facts)).to.contain('events.closed: it was removed')
    })

    it(`on_breaking_change error: ${count > 0 ? 'refuses' : 'allows'} ${what}`, async () => {
      const { keeper, transport, script } = keeping('newest', 'error')
      script.replaced = replaced
      if (count === 0) return keeper.start(transport)
      const error = await rejection(keeper.start(transport))
      expect(error.code).to.equal('BUS_SCHEMA_BREAKING')
      expect(error.message).to.contain('events.closed: it was removed')
      expect(script.stored).to.deep.equal([shop.schema, replaced])
    })

    it(`on_breaking_change ignore: says nothing of ${what}`, async () => {
      const { keeper, transport, script, lines } = keeping('newest', 'ignore')
      script.replaced = replaced
      await keeper.start(transport)
      expect(lines.filter(({ level }) => level === 'warn')).to.deep.equal([])
    })
  }
})
