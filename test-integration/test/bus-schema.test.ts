import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineApi, event, procedure, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { busError, privateConfig, quietBus, transports, until } from './each-transport.ts'

const cache = fileURLToPath(new URL('../.cache', import.meta.url))
const shop = defineApi('shop', {
  events: { opened: event({ name: { type: 'string' }, at: { type: 'string' } }) },
  procedures: { count: procedure({ of: { type: 'string' } }, { type: 'integer' }) },
})
const depot = defineApi('depot', { events: { moved: event({ to: { type: 'string' } }) } })

/** What an act throws. */
function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('It was expected to throw, and did not')
}

describe('bus.schema', () => {
  let folder: string

  beforeEach(async () => {
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(join(cache, 'bus-schema-'))
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('knows the definitions of a bus before it has started', () => {
    const bus = quietBus([shop, depot], {})
    bus.serve(depot)
    expect(bus.schema.names()).to.have.members(['shop', 'depot'])
    expect(bus.schema.get('shop')).to.equal(shop.schema)
    expect(bus.schema.get('nobodys')).to.equal(undefined)
    expect(bus.schema.owned()).to.deep.equal([depot.schema])
  })

  it('validateParameters, validateResult: check whatever the configuration says', () => {
    const bus = quietBus([shop], { apis: { default: { validate: false } } })
    const { schema } = bus
    schema.validateParameters('shop.opened', { name: 'a', at: new Date() })
    schema.validateParameters('shop.count', { of: 'a' })
    schema.validateResult('shop.count', 1)
    const wrong: readonly (readonly [code: string, problem: string, act: () => void])[] = [
      ['BUS_EVENT_INVALID', '"at" is missing', () => schema.validateParameters('shop.opened', { name: 'a' })],
      [
        'BUS_RPC_INVALID_PARAMETERS',
        '/of: must be string',
        () => schema.validateParameters('shop.count', { of: 1 }),
      ],
      ['BUS_RPC_INVALID_RESULT', 'must be integer', () => schema.validateResult('shop.count', 'a')],
      ['BUS_RPC_INVALID_RESULT', 'must be integer', () => schema.validateResult('shop.count', undefined)],
      [
        'BUS_RPC_UNKNOWN_PROCEDURE',
        'Did you mean "count"?',
        () => schema.validateParameters('shop.coun', {}),
      ],
      ['BUS_RPC_UNKNOWN_PROCEDURE', '"opened"', () => schema.validateResult('shop.opened', 1)],
      ['BUS_API_UNKNOWN', 'Did you mean "shop"?', () => schema.validateParameters('shp.count', {})],
    ]
    for (const [code, problem, act] of wrong) {
      const error = thrown(act)
      expect(error).to.have.property('code', code)
      expect(error).to.have.property('message').that.contains(problem)
    }
  })

  it('dump, loadLocal: what one bus writes another one knows, in a file or in a folder', async () => {
    const bus = quietBus([shop, depot], {})
    const file = join(folder, 'deep/all.json')
    expect(await bus.schema.dump(file)).to.deep.equal([file])
    const each = join(folder, 'each')
    expect(await bus.schema.dump(each)).to.deep.equal([join(each, 'depot.json'), join(each, 'shop.json')])
    expect(await readdir(each)).to.have.members(['depot.json', 'shop.json'])
    for (const path of [file, each]) {
      const reader = quietBus([], {})
      expect(await reader.schema.loadLocal(path)).to.have.members(['shop', 'depot'])
      expect(reader.schema.get('shop')).to.deep.equal(shop.schema)
      expect(thrown(() => reader.schema.validateParameters('shop.count', {}))).to.have.property(
        'code',
        'BUS_RPC_INVALID_PARAMETERS',
      )
    }
  })

  it('loadLocal: takes what Lightbus for Python writes', async () => {
    const parameters = {
      type: 'object',
      properties: { username: { type: 'string' } },
      required: ['username'],
    }
    const written = { auth: { events: {}, rpcs: { check: { parameters, response: { type: 'boolean' } } } } }
    await writeFile(join(folder, 'auth.json'), JSON.stringify(written, undefined, 2))
    const bus = quietBus([], {})
    await bus.schema.loadLocal(join(folder, 'auth.json'))
    bus.schema.validateParameters('auth.check', { username: 'a' })
    bus.schema.validateResult('auth.check', true)
    expect(
      JSON.parse(await readFile((await bus.schema.dump(join(folder, 'again.json')))[0] ?? '', 'utf8')),
    ).to.deep.equal(written)
  })

  it('loadLocal: says which file cannot be used, and why', async () => {
    const { schema } = quietBus([], {})
    await writeFile(join(folder, 'broken.json'), '{')
    await writeFile(join(folder, 'other.json'), '{"shop": {"rpcs": {"count": []}}}')
    expect((await busError(schema.loadLocal(join(folder, 'other.json')))).message).to.contain(
      'rpcs.count of "shop" is no object',
    )
    const error = await busError(schema.loadLocal(folder))
    expect(error).to.include({ code: 'BUS_SCHEMA_FILE_UNUSABLE' })
    expect(error.message).to.contain('broken.json')
    expect((await busError(schema.loadLocal(join(folder, 'not-there')))).code).to.equal(
      'BUS_SCHEMA_FILE_UNUSABLE',
    )
    expect(schema.names()).to.deep.equal([])
  })
})

// What a schema transport itself does is in the kit's C1 to C4, C7 and C11. Whole buses in it: C5 two versions that are live at once follow the policy,
// C6 a change is seen within the interval, C8 checks, C9 what breaks, C10 the last known schema serves while the broker is away.
for (const transport of transports)
  describe(`schemas that are shared, on ${transport}`, function () {
    this.timeout(20_000)

    function shared(): WrittenConfig {
      const config = privateConfig(transport)
      return {
        ...config,
        bus: { schema: { ...config.bus?.schema, ttl: '600ms', on_breaking_change: 'ignore' } },
      }
    }

    function owner(config: WrittenConfig) {
      const bus = quietBus([depot], config)
      bus.serve(depot)
      return bus
    }

    it('are published at the start, kept alive by every owner, and gone with the last one', async () => {
      const config = shared()
      await using reader = quietBus([], config)
      await reader.start()
      expect(await reader.schema.live()).to.deep.equal([])
      await using one = owner(config)
      await using other = owner(config)
      await Promise.all([one.start(), other.start()])
      expect(await reader.schema.live()).to.deep.equal([depot.schema])
      await until(() => reader.schema.get('depot') !== undefined, 'the reader sees it')
      await one.stop()
      const goneAt = performance.now() + 1_500
      await until(async () => {
        expect(await reader.schema.live(), 'while an owner is there').to.deep.equal([depot.schema])
        return performance.now() > goneAt
      }, 'more than twice its time to live')
      await other.stop()
      await until(async () => (await reader.schema.live()).length === 0, 'it expires')
      await until(() => reader.schema.names().length === 0, 'the reader forgets it')
    })

    it('come before those of local files, and after definitions', async () => {
      const config = shared()
      const folder = await mkdtemp(join(cache, 'bus-schema-'))
      try {
        const other = { shop: { events: {}, rpcs: {} }, depot: { events: {}, rpcs: {} }, local: {} }
        await writeFile(join(folder, 'local.json'), JSON.stringify(other))
        await using live = owner(config)
        await live.start()
        await using reader = quietBus([shop], config)
        await reader.schema.loadLocal(folder)
        expect(reader.schema.get('depot')?.events).to.deep.equal({})
        await reader.start()
        expect(reader.schema.get('depot')).to.deep.equal(depot.schema)
        expect(reader.schema.get('shop')).to.equal(shop.schema)
        expect(reader.schema.names()).to.have.members(['shop', 'depot', 'local'])
        expect((await busError(reader.call('local.nothing'))).code).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
        await live.stop()
        await until(() => reader.schema.get('depot')?.events['moved'] === undefined, 'the file serves again')
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })

    it('of two versions that are live at once are seen by turns, whoever stores', async () => {
      const config = shared()
      const changed = defineApi('depot', { events: { moved: event({ to: { type: 'integer' } }) } })
      await using reader = quietBus([], config)
      await reader.start()
      await using one = owner(config)
      await one.start()
      await using other = quietBus([changed], config)
      other.serve(changed)
      await other.start()
      const seen = (schema: object) => async () =>
        JSON.stringify(await reader.schema.live()) === JSON.stringify([schema])
      await until(seen(depot.schema), 'the older one')
      await until(seen(changed.schema), 'the newer one')
      await until(() => one.lines.some((line) => line.includes('another schema')), 'the older one says so')
    })
  })
