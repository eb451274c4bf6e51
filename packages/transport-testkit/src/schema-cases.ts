import type { ApiSchema } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Case } from './stage.ts'

function schemaOf(apiName: string, title = 'Größe 🚌'): ApiSchema {
  const parameters = { $ref: '#/$defs/a', $defs: { a: { type: 'object', title } } }
  return { apiName, events: { placed: { parameters } }, rpcs: { buy: { parameters, response: {} } } }
}

/** C: schemas. */
export function schemaCases(run: Case): void {
  run('C1 schemas are loaded as they were stored, none at first', async (stage) => {
    const [owner, reader] = [await stage.schema(), await stage.schema()]
    expect(await reader.load()).to.deep.equal([])
    const schemas = [schemaOf('shop.orders'), schemaOf('shop.stock')]
    for (const schema of schemas) await owner.store(schema, { ttlMs: 60_000 })
    expect(await reader.load()).to.have.deep.members(schemas)
  })

  run('C2 C3 a schema expires, unless it is permanent', async (stage) => {
    const schemas = await stage.schema()
    await schemas.store(schemaOf('short'), { ttlMs: 1_000 })
    await schemas.store(schemaOf('forever'), { ttlMs: undefined })
    expect(await schemas.load()).to.have.lengthOf(2)
    // The case's own deadline ends a wait for a schema that never goes.
    while ((await schemas.load()).length > 1) await new Promise((resolve) => setImmediate(resolve))
    expect(await schemas.load()).to.deep.equal([schemaOf('forever')])
  })

  run('C4 whoever stores at the same time, a schema is whole', async (stage) => {
    const schemas = await stage.schema()
    const versions = Array.from({ length: 10 }, (_, index) => schemaOf('shop', `version ${index}`))
    await Promise.all(versions.map((schema) => schemas.store(schema, { ttlMs: 60_000 })))
    const loaded = await schemas.load()
    expect(loaded).to.have.lengthOf(1)
    expect(versions).to.deep.include(loaded[0])
  })
}
