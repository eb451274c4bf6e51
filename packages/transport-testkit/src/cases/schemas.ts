import { classifySchemaChange } from '@lightbus/core'
import type { ApiSchema, SchemaTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { schemaOf } from './schema-samples.ts'

/** C1–C4, C7, C9: what is stored and what is loaded. */
export const schemasCases = {
  C1: async (stage) => {
    const [owner, another, reader] = [await stage.schema(), await stage.schema(), await stage.schema()]
    expect(await reader.load(), 'the schemas at first').to.deep.equal([])
    const empty = { apiName: 'shop.empty', events: {}, rpcs: {} }
    const stored = [schemaOf('shop.orders'), schemaOf('shop.stock'), schemaOf('shop'), large(), empty]
    for (const [index, schema] of stored.entries())
      await (index % 2 === 0 ? owner : another).store(schema, { ttlMs: index === 0 ? undefined : 60_000 })
    expect(await reader.load(), 'the schemas as stored').to.have.deep.members(stored)
    const changed = schemaOf('shop.orders', 'changed')
    await owner.store(changed, { ttlMs: 60_000 })
    expect(await reader.load(), 'after a change').to.have.deep.members([changed, ...stored.slice(1)])
  },

  C2: async (stage) => {
    const schemas = await stage.schema()
    const [short, kept, forever] = [schemaOf('short'), schemaOf('kept'), schemaOf('forever')]
    await schemas.store(short, { ttlMs: 1_000 })
    await schemas.store(kept, { ttlMs: 1_000 })
    await schemas.store(forever, { ttlMs: undefined })
    expect(await schemas.load(), 'all in time').to.have.deep.members([short, kept, forever])
    await stage.pass(600)
    await schemas.store(kept, { ttlMs: 1_000 })
    await stage.pass(600)
    expect(await schemas.load(), 'without what has expired').to.have.deep.members([kept, forever])
    await stage.pass(600)
    expect(await schemas.load(), 'what is permanent').to.deep.equal([forever])
  },

  C3: async (stage) => {
    const schemas = await stage.schema()
    const stored = ['shop.orders', 'shop.stock'].map((name) => schemaOf(name))
    for (const schema of stored) await schemas.store(schema, { ttlMs: 300 })
    expect(await schemas.load()).to.have.deep.members(stored)
    expect((await stage.inspect()).keys, 'what is kept at first').not.to.deep.equal([])
    await stage.pass(400)
    expect(await schemas.load(), 'what is loaded after the end').to.deep.equal([])
    await stage.until(async () => (await stage.inspect()).keys.length === 0)
    await schemas.store(schemaOf('shop.stock', 'anew'), { ttlMs: 60_000 })
    expect(await schemas.load(), 'what was stored anew').to.deep.equal([schemaOf('shop.stock', 'anew')])
  },

  C4: async (stage) => {
    const owners = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => ({
        version: schemaOf('shop.orders', `version ${index}`),
        schemas: await stage.schema(),
      })),
    )
    const versions = owners.map(({ version }) => version)
    const reader = await stage.schema()
    for (let round = 0; round < stage.rounds(20); round++) {
      // Another one is the last each time.
      const order = owners.toSorted(() => stage.random() - 0.5)
      const storing = order.map(({ schemas, version }) => schemas.store(version, { ttlMs: 60_000 }))
      const loading = loadAgainAndAgain(reader, owners.length)
      const [loaded] = await Promise.all([loading, ...storing])
      for (const found of [...loaded, await reader.load()]) {
        // Until something is stored there is nothing.
        if (round === 0 && found.length === 0) continue
        expect(found, 'the schemas of one API').to.have.lengthOf(1)
        expect(versions, 'the versions that were stored').to.deep.include(found[0])
      }
    }
    expect(await reader.load(), 'the schemas in the end').to.have.lengthOf(1)
  },

  C7: async (stage) => {
    const reader = stage.process()
    const schemas = await reader.schema()
    await schemas.store(schemaOf('shop.orders'), { ttlMs: 60_000 })
    const corrupt = ['{"events": {', '', '"text"', '[]', '{"events": 7, "rpcs": 7}']
    for (const [index, raw] of corrupt.entries())
      await stage.injectRaw({ kind: 'schema', apiName: `shop.corrupt_${index}` }, raw)
    expect(await schemas.load(), 'what can be read').to.deep.equal([schemaOf('shop.orders')])
    for (const index of corrupt.keys()) {
      const isTold = reader.notices.some(
        ({ type, message }) => type === 'unreadable' && message.includes(`shop.corrupt_${index}`),
      )
      expect(isTold, `whether shop.corrupt_${index} is told of`).to.equal(true)
    }
    const repaired = schemaOf('shop.corrupt_0')
    const { replaced } = await schemas.store(repaired, { ttlMs: 60_000 })
    expect(replaced, 'what a corrupt schema is as one that was replaced').to.equal(undefined)
    expect(await schemas.load()).to.have.deep.members([schemaOf('shop.orders'), repaired])
    await startsBesideCorrupt(stage)
  },

  C9: async (stage) => {
    const [owner, reader] = [await stage.schema(), await stage.schema()]
    await owner.store(shop(), { ttlMs: 60_000 })
    for (const { after, kind, whom, path } of changes) {
      const [before] = await reader.load()
      const { replaced } = await owner.store(after, { ttlMs: 60_000 })
      const [loaded] = await reader.load()
      if (!before || !loaded || !replaced) throw new Error('A schema that was stored is not there.')
      const found = classifySchemaChange(before, loaded)
      const told = found.map((change) => ({ path: change.path, kind: change.kind, for: change.for }))
      expect(told, 'what has changed').to.deep.equal([{ path, kind, for: whom }])
      expect(
        found.every(({ why }) => why !== ''),
        `whether it is said why ${path} is ${kind}`,
      ).to.equal(true)
      expect(classifySchemaChange(replaced, after), 'by what was replaced').to.deep.equal(found)
      expect(classifySchemaChange(loaded, after), 'where nothing has changed').to.deep.equal([])
      await owner.store(shop(), { ttlMs: 60_000 })
    }
  },
} satisfies Cases

async function loadAgainAndAgain(
  schemas: SchemaTransport,
  times: number,
): Promise<readonly (readonly ApiSchema[])[]> {
  const loaded: (readonly ApiSchema[])[] = []
  while (loaded.length < times) loaded.push(await schemas.load())
  return loaded
}

/** Of many events and procedures. */
function large(): ApiSchema {
  const { events, rpcs } = schemaOf('shop.large')
  const many = <T>(member: T | undefined): Record<string, T> =>
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`member_${index}`, member as T]))
  return { apiName: 'shop.large', events: many(events['placed']), rpcs: many(rpcs['buy']) }
}

async function startsBesideCorrupt(stage: Stage): Promise<void> {
  await stage.bus([]).start()
  const warned = stage.log.lines.filter(
    ({ level, facts }) => level === 'warn' && facts['notice'] === 'unreadable',
  )
  expect(warned, 'the warnings of a bus that starts').not.to.deep.equal([])
}

interface ShopChanges {
  readonly placed?: object
  readonly required?: readonly string[]
  readonly events?: ApiSchema['events']
  readonly rpcs?: ApiSchema['rpcs']
}

/** An API with an event and a procedure, each with parameters, and with these changes. */
function shop({ placed = {}, required = ['sku'], events = {}, rpcs }: ShopChanges = {}): ApiSchema {
  const text = { type: 'string' }
  const buy = {
    parameters: { type: 'object', properties: { sku: text, note: text }, required },
    response: text,
  }
  return {
    apiName: 'shop.orders',
    events: {
      placed: { parameters: { type: 'object', properties: { id: text, ...placed }, required: ['id'] } },
      ...events,
    },
    rpcs: rpcs ?? { buy },
  }
}

const changes = [
  { after: shop({ rpcs: {} }), path: 'rpcs.buy', kind: 'breaking', whom: 'callers' },
  {
    after: shop({ required: ['sku', 'note'] }),
    path: 'rpcs.buy.parameters.note',
    kind: 'breaking',
    whom: 'callers',
  },
  { after: shop({ required: [] }), path: 'rpcs.buy.parameters.sku', kind: 'compatible', whom: 'callers' },
  {
    after: shop({ placed: { id: { type: 'number' } } }),
    path: 'events.placed.parameters.id',
    kind: 'breaking',
    whom: 'listeners',
  },
  {
    after: shop({ placed: { total: { type: 'number' } } }),
    path: 'events.placed.parameters.total',
    kind: 'compatible',
    whom: 'listeners',
  },
  {
    after: shop({ events: { cancelled: { parameters: {} } } }),
    path: 'events.cancelled',
    kind: 'compatible',
    whom: 'listeners',
  },
] as const
