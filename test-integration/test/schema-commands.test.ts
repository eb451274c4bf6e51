import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBus, defineApi, event, procedure, type Bus } from '@lightbus/core'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import { keepingLog, privateConfig } from './each-transport.ts'
import { runLightbus } from './run-lightbus.ts'

const cache = fileURLToPath(new URL('../.cache', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const text = { type: 'string' }

const shop = defineApi('checked.shop', {
  events: { opened: event({ name: text }) },
  procedures: { find: procedure({ name: text }, { type: 'array', items: text }) },
})
const depot = defineApi('checked.depot', { procedures: { count: procedure({}, text) } })

interface Report {
  readonly isCompatible: boolean
  readonly changes: readonly {
    readonly api: string
    readonly path: string
    readonly for: string
    readonly kind: string
  }[]
}

const carrier = `
const optionsSchema = { type: 'object', properties: { pigeons: { type: 'integer' } } }
export const transportModule = { name: 'carrier', event: { optionsSchema, create() {} } }
`

describe('lightbus schema', function () {
  this.timeout(30_000)
  let folder: string
  let config: string
  let bus: Bus

  before(async () => {
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(join(cache, 'schemas-'))
    config = join(folder, 'bus.json')
    const written = privateConfig('redis')
    await writeFile(config, JSON.stringify({ ...written, plugins: { internal_metrics: { enabled: true } } }))
    const owner = createBus({ apis: [shop, depot], config, log: keepingLog().log })
    owner.serve(shop, { find: () => [] })
    owner.serve(depot, { count: () => 'x' })
    await owner.start()
    bus = owner as unknown as Bus
  })

  after(async () => {
    await bus?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function file(name: string, content: object): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, JSON.stringify(content))
    return path
  }

  const live = () => ({
    'checked.depot': { events: depot.schema.events, rpcs: depot.schema.rpcs },
    'checked.shop': { events: shop.schema.events, rpcs: shop.schema.rpcs },
  })

  for (const command of [['schema', 'dump'], ['dumpschema']]) {
    it(`${command.join(' ')}: prints what is live, without what workers tell of themselves`, async () => {
      const { code, output } = await runLightbus([...command, '--config', config])
      expect(code).to.equal(0)
      expect(JSON.parse(output)).to.deep.equal(live())
      expect(output).to.equal(`${JSON.stringify(JSON.parse(output), undefined, 2)}\n`)
    })
  }

  it('dump --out: to a file for all, or to a folder with a file for each', async () => {
    const one = join(folder, 'deep/all.json')
    const { code, output, errors } = await runLightbus(['schema', 'dump', '--config', config, '--out', one])
    expect([code, output]).to.deep.equal([0, ''])
    expect(errors).to.contain('2 APIs').and.to.contain(one)
    expect(JSON.parse(await readFile(one, 'utf8'))).to.deep.equal(live())
    const each = join(folder, 'each')
    await runLightbus(['schema', 'dump', '-o', each], { env: { LIGHTBUS_CONFIG: config } })
    expect(await readdir(each)).to.have.members(['checked.depot.json', 'checked.shop.json'])
    const { 'checked.shop': expected } = live()
    expect(JSON.parse(await readFile(join(each, 'checked.shop.json'), 'utf8'))).to.deep.equal({
      'checked.shop': expected,
    })
  })

  it('dump --api: only these, also those on which workers tell of themselves', async () => {
    const names = ['checked.shop', 'internal.metrics']
    const { output } = await runLightbus(['schema', 'dump', '--config', config, '--api', ...names])
    expect(Object.keys(JSON.parse(output) as object)).to.deep.equal(names)
  })

  it('dump: fails where there is nothing, or no bus', async () => {
    const absent = await runLightbus(['schema', 'dump', '--config', config, '--api', 'nobodys'])
    expect(absent.code).to.equal(1)
    expect(absent.errors).to.contain('BUS_SCHEMAS_ABSENT').and.to.contain('"nobodys"')
    const nowhere = await file('nowhere.json', {
      bus: { schema: { transport: { redis: { url: 'redis://127.0.0.1:1/0' } } } },
    })
    const away = await runLightbus(['schema', 'dump', '--config', nowhere])
    expect(away.code).to.equal(1)
    expect(away.errors).to.contain('BUS_TRANSPORT_UNAVAILABLE')
  })

  it('diff: says what changed and whom it breaks, and fails when callers or listeners are', async () => {
    const [before, after] = [await file('a.json', live()), join(folder, 'b')]
    const changed = defineApi('checked.shop', {
      events: { opened: event({ name: text, at: text }) },
      procedures: {
        find: procedure({ name: text, limit: { type: 'integer' } }, { type: 'array', items: text }),
      },
    })
    await mkdir(after)
    await writeFile(join(after, 'shop.json'), JSON.stringify({ 'checked.shop': changed.schema }))
    await cp(join(folder, 'a.json'), join(after, 'a.json'))
    const { code, output } = await runLightbus(['schema', 'diff', before, after])
    expect(code).to.equal(1)
    expect(output.split('\n')).to.include.members([
      'checked.depot: no change',
      'checked.shop:',
      '  breaking   for callers   rpcs.find.parameters.limit: it was added, required: calls that were right before may be refused',
      '  compatible for listeners events.opened.parameters.at: it was added, required: listeners get what was promised to them',
      '  breaking   for owners    events.opened.parameters.at: it was added, required: owners of the version before may fire what is not right any more',
      'Something breaks callers or listeners.',
    ])
  })

  it('diff --for, --api, --json: what counts, what is compared, and how it is said', async () => {
    const before = await file('c.json', live())
    const more = { ...live()['checked.shop'], events: {} }
    const after = await file('d.json', { ...live(), 'checked.shop': more })
    const diff = (...args: string[]) => runLightbus(['schema', 'diff', after, before, ...args])
    const added = await diff('--json')
    expect(added.code).to.equal(0)
    const { isCompatible, changes } = JSON.parse(added.output) as Report
    expect(isCompatible).to.equal(true)
    expect(changes.map(({ api, path, for: whom, kind }) => [api, path, whom, kind])).to.deep.equal([
      ['checked.shop', 'events.opened', 'listeners', 'compatible'],
      ['checked.shop', 'events.opened', 'owners', 'compatible'],
    ])
    const removed = (...args: string[]) => runLightbus(['schema', 'diff', before, after, ...args])
    expect((await removed()).code).to.equal(1)
    expect((await removed('--for', 'callers')).code).to.equal(0)
    expect((await removed('--for', 'owners', 'listeners')).code).to.equal(1)
    expect((await removed('--api', 'checked.depot')).code).to.equal(0)
    expect((await removed('--api', 'nobodys')).errors).to.contain('BUS_SCHEMAS_ABSENT')
  })

  it('diff: with one file, against what is live', async () => {
    const before = await file('e.json', live())
    const same = await runLightbus(['schema', 'diff', before, '--config', config])
    expect([same.code, same.output]).to.deep.equal([
      0,
      'checked.depot: no change\nchecked.shop: no change\nNothing breaks callers or listeners.\n',
    ])
    const more = await file('f.json', { ...live(), gone: { rpcs: { p: { parameters: {}, response: {} } } } })
    const { code, output } = await runLightbus(['schema', 'diff', more, '--config', config])
    expect(code).to.equal(1)
    expect(output).to.contain('rpcs.p: it was removed')
  })

  it('diff: names the file that is none', async () => {
    await writeFile(join(folder, 'broken.json'), '{')
    await writeFile(join(folder, 'other.json'), '{"shop": 7}')
    for (const name of ['broken.json', 'other.json', 'not-there.json']) {
      const path = join(folder, name)
      const { code, errors } = await runLightbus(['schema', 'diff', path, path])
      expect(code).to.equal(1)
      expect(errors).to.contain('BUS_SCHEMA_FILE_UNUSABLE').and.to.contain(name)
    }
  })

  it('check: compares what a bus module serves, and what it uses, with what is live', async () => {
    const check = (type: string, ...args: string[]) =>
      runLightbus(['schema', 'check', '--config', config, ...args], {
        cwd: fixtures,
        env: { CHECKED_TYPE: type, LIGHTBUS_MODULE: 'checked-bus.ts' },
      })
    const same = await check('string')
    expect([same.code, same.output]).to.deep.equal([
      0,
      [
        'checked.depot, from what we know to what is live: no change',
        'checked.shop, from what is live to ours: no change',
        'Nothing breaks callers or listeners.\n',
      ].join('\n'),
    ])
    const other = await check('integer', '--json')
    expect(other.code).to.equal(1)
    const { changes } = JSON.parse(other.output) as Report
    expect(
      changes
        .filter(({ kind, for: whom }) => kind === 'breaking' && whom !== 'owners')
        .map(({ path }) => path),
    ).to.have.members([
      'rpcs.count.response',
      'events.opened.parameters.name',
      'rpcs.find.parameters.name',
      'rpcs.find.response[]',
    ])
    expect(changes.find(({ api }) => api === 'checked.depot')).to.include({ path: 'rpcs.count.response' })
    const one = await check(
      'integer',
      '--api',
      'checked.depot',
      '--for',
      'listeners',
      '--bus',
      'checked-bus.ts',
    )
    expect([one.code, one.output.includes('checked.shop')]).to.deep.equal([0, false])
  })

  it('check: leaves alone what is not on the bus', async () => {
    const empty = await file('empty.json', privateConfig('redis'))
    const { code, output } = await runLightbus(
      ['schema', 'check', '--config', empty, '--bus', 'checked-bus.ts'],
      {
        cwd: fixtures,
      },
    )
    expect(code).to.equal(0)
    expect(output).to.contain('checked.shop is not on the bus')
  })

  it('refuses to count for nobody', async () => {
    const { code, errors } = await runLightbus(['schema', 'diff', 'a', 'b', '--for', 'strangers'])
    expect(code).to.equal(1)
    expect(errors).to.contain('callers, listeners, owners')
  })

  it('dumpconfigschema: has the options of transports and plugins, and fits what fits the bus', async () => {
    const out = join(folder, 'lightbus.schema.json')
    const { code, output } = await runLightbus(['dumpconfigschema', '--config', config, '--out', out])
    expect([code, output]).to.deep.equal([0, ''])
    const schema = JSON.parse(await readFile(out, 'utf8')) as object
    const validate = new Ajv({ strict: false }).compile(schema)
    expect(validate(JSON.parse(await readFile(config, 'utf8')))).to.equal(true)
    const wrong = { redis: { url: 7 } }
    expect(validate({ bus: { schema: { transport: wrong } } })).to.equal(false)
    expect(validate({ plugins: { internal_state: { ping_interval: 'soon' } } })).to.equal(false)
    await writeFile(join(folder, 'carrier.mjs'), carrier)
    const more = await file('more.json', { apis: { default: { event_transport: { './carrier.mjs': {} } } } })
    const carried = await runLightbus(['dumpconfigschema', '--config', more])
    expect(carried.output).to.contain('"./carrier.mjs": {').and.to.contain('"pigeons": {')
    const printed = await runLightbus(['dumpconfigschema'])
    expect(JSON.parse(printed.output)).to.deep.equal(schema)
  })
})
