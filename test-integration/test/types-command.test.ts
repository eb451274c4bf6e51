import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createBus, defineApi, event, procedure, type Api, type ApiSchema } from '@lightbus/core'
import { expect } from 'chai'
import { keepingLog, privateConfig, until } from './each-transport.ts'
import { runLightbus, startLightbus } from './run-lightbus.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cache = join(root, 'test-integration/.cache')
const bin = (name: string): string => join(root, 'node_modules/.bin', name)
const execute = promisify(execFile)

type Json = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const number = { type: 'number' }
const closed = (
  properties: Json,
  required: readonly string[] = Object.keys(properties),
  more: Json = {},
): Json => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  properties,
  required,
  ...more,
})

/** A value of each kind, as Python and others publish them. */
const kinds: Json = {
  nested: {
    type: 'object',
    title: 'Address',
    properties: { street: text, zip: { ...text, description: 'If */ known' } },
    required: ['street'],
  },
  literals: { enum: ['a', "it's", 3, true, null] },
  constant: { const: 'only' },
  either: { anyOf: [text, { type: 'array', items: number }, { type: 'null' }] },
  kinds: {
    oneOf: [
      { type: 'object', properties: { kind: { const: 'circle' }, size: number }, required: ['kind', 'size'] },
      { type: 'object', properties: { kind: { const: 'point' } }, required: ['kind'] },
    ],
  },
  both: {
    allOf: [
      { $ref: '#/definitions/named' },
      { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] },
    ],
  },
  nullable: { type: ['string', 'null'] },
  list: { type: 'array', items: { $ref: '#/definitions/named' } },
  pair: { type: 'array', prefixItems: [text, number], minItems: 2, maxItems: 2 },
  row: { type: 'array', items: [text], minItems: 1, additionalItems: number },
  map: { type: 'object', additionalProperties: number },
  patterns: { type: 'object', patternProperties: { '^x': text } },
  open: { type: 'object', properties: { known: text }, required: ['known'], additionalProperties: true },
  tree: { $ref: '#/definitions/tree' },
  moment: { ...text, format: 'date-time', deprecated: true },
  anything: {},
  nothing: { type: 'null' },
  'odd name': { type: 'boolean' },
}
const definitions: Json = {
  named: { type: 'object', properties: { name: text }, required: ['name'] },
  tree: {
    type: 'object',
    properties: { value: number, branches: { type: 'array', items: { $ref: '#/definitions/tree' } } },
    required: ['value'],
  },
  loop: { $ref: '#/definitions/loop' },
}
const everything: Omit<ApiSchema, 'apiName'> = {
  events: {
    happened: {
      parameters: closed(kinds, Object.keys(kinds), { definitions, description: 'All of it\nhas happened.' }),
    },
    nothing: { parameters: {} },
  },
  rpcs: {
    repeat: {
      parameters: closed(
        { times: { type: 'integer', default: 1, description: 'How often' }, note: text, at: number },
        ['at'],
      ),
      response: {
        title: 'RPC response',
        ...closed({ node: { $ref: '#/definitions/tree' } }, ['node'], { definitions }),
      },
    },
    wild: {
      parameters: { type: 'object', properties: { id: text }, required: ['id'], additionalProperties: true },
      response: {},
    },
    looping: {
      parameters: closed({ loop: { $ref: '#/definitions/loop' } }, [], { definitions }),
      response: { $ref: '#' },
    },
    hostile: {
      parameters: JSON.parse(
        '{"type":"object","properties":{"__proto__":{"const":"\'+\\"${1}\\\\"}},"description":"*/ throw 1"}',
      ) as Json,
      response: { $ref: 'https://elsewhere/' },
    },
  },
}

describe('lightbus types', function () {
  this.timeout(60_000)
  let folder: string
  let from: string

  beforeEach(async () => {
    await mkdir(cache, { recursive: true })
    folder = await mkdtemp(join(cache, 'contracts-'))
    from = await file('schemas.json', { 'my_company.everything': everything })
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function file(name: string, content: unknown): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  const types = (...args: string[]) => runLightbus(['types', '--out', join(folder, 'apis'), ...args])
  const contract = (name = 'my_company.everything') => join(folder, `apis/${name}.api.ts`)

  /** What the compiler says of a program beside the contracts. */
  async function compile(program: string): Promise<readonly string[]> {
    await file('program.ts', program)
    const options = { noEmit: true, rootDir: root, incremental: false, tsBuildInfoFile: null }
    const config = { extends: join(root, 'tsconfig.test.json'), compilerOptions: options, include: ['.'] }
    const { stdout } = await execute(bin('tsc'), ['-p', await file('tsconfig.json', config)], {
      cwd: root,
    }).catch((error: { readonly stdout: string }) => error)
    return stdout.split('\n').filter((line) => line.includes('error TS'))
  }

  const start = `
import { createBus } from '@lightbus/core'
import { myCompanyEverything, type Address, type Tree } from './apis/my_company.everything.api.ts'
const bus = createBus({ apis: [myCompanyEverything] })
const { happened, repeat, wild, looping } = bus.my_company.everything
`
  const right = {
    nested: `{ street: 'a', zip: 'b' }`,
    literals: `"it's"`,
    constant: `'only'`,
    either: `[1]`,
    kinds: `{ kind: 'circle', size: 1 }`,
    both: `{ name: 'a', age: 1 }`,
    nullable: `null`,
    list: `[{ name: 'a' }]`,
    pair: `['a', 1]`,
    row: `['a', 1, 2]`,
    map: `{ a: 1 }`,
    patterns: `{ xa: 'b' }`,
    open: `{ known: 'a', more: 1 }`,
    tree: `{ value: 1, branches: [{ value: 2 }] }`,
    moment: `'2026-01-02T03:04:05'`,
    anything: `[1]`,
    nothing: `null`,
    'odd name': `true`,
  }
  const firing = (values: Readonly<Record<string, string>>): string =>
    `await happened.fire({ ${Object.entries(values)
      .map(([name, value]) => `'${name}': ${value}`)
      .join(', ')} })`

  it('writes what is as typed as a local definition', async () => {
    const { code, output } = await types('--from', from)
    expect([code, output]).to.deep.equal([0, `written: ${contract()}\n`])
    const errors = await compile(`${start}
${firing(right)}
const address: Address = { street: 'a' }
happened.listen(({ kinds, nested, list, pair: [name, count], tree }, { message }) => {
  const size: number = kinds.kind === 'circle' ? kinds.size : count
  const branch: Tree | undefined = tree.branches?.[0]
  return [message.id, size, branch, name.toUpperCase(), nested.zip?.length, list[0]?.name.length, address]
}, { listenerName: 'l' })
await bus.my_company.everything.nothing.fire()
const { node } = await repeat({ at: 1 }, { timeout: '2s' })
await repeat({ at: 1, times: 2, note: 'x' })
await wild({ id: 'a', whatever: [1] })
await looping()
bus.serve(myCompanyEverything, {
  repeat: ({ times, note }) => ({ node: { value: times + (note?.length ?? 0) } }),
  wild: () => 1,
  looping: () => undefined,
  hostile: () => undefined,
})
export const value: number = node.value`)
    expect(errors).to.deep.equal([])
  })

  it('refuses what is wrong of each kind, where it is wrong', async () => {
    await types('--from', from)
    const wrong: Readonly<Record<string, string>> = {
      nested: `{ zip: 'b' }`,
      literals: `'b'`,
      constant: `'other'`,
      either: `['a']`,
      kinds: `{ kind: 'circle' }`,
      both: `{ name: 'a' }`,
      nullable: `1`,
      list: `[{}]`,
      pair: `['a', 1, 2]`,
      row: `[]`,
      map: `{ a: 'b' }`,
      patterns: `{ xa: 1 }`,
      open: `{ more: 1 }`,
      tree: `{ value: 1, branches: [{}] }`,
      moment: `1`,
      nothing: `1`,
      'odd name': `'true'`,
    }
    const lines = Object.entries(wrong).map(([name, value]) => firing({ ...right, [name]: value }))
    const calls = [
      `await repeat({})`,
      `await repeat({ at: 1, other: 1 })`,
      `await wild()`,
      `await bus.my_company.everything.nobodys()`,
      `bus.serve(myCompanyEverything, { repeat: () => ({ node: { value: 'a' } }), wild: () => 1, looping: () => 1, hostile: () => 1 })`,
      `const text: string = (await repeat({ at: 1 })).node.value`,
    ]
    const all = [...lines, ...calls]
    const errors = await compile(`${start}${all.map((line) => `{ ${line} }`).join('\n')}\nexport {}`)
    const failed = new Set(
      errors.map((line) => Number(/program\.ts\((\d+)/.exec(line)?.[1]) - start.split('\n').length),
    )
    expect(all.filter((_, index) => !failed.has(index))).to.deep.equal([])
  })

  it('keeps what is said of it, and the schema itself', async () => {
    await types('--from', from)
    const written = await readFile(contract(), 'utf8')
    for (const comment of [
      '    /**\n     * All of it\n     * has happened.\n     */\n    happened: {',
      '/** If *\\/ known */',
      '/**\n         * @format date-time\n         * @deprecated\n         */\n        moment: string',
      '/**\n         * How often\n         * @default 1\n         */\n        times?: number',
      '/** *\\/ throw 1 */',
    ])
      expect(written).to.contain(comment)
    const { myCompanyEverything } = (await import(pathToFileURL(contract()).href)) as Record<string, Api>
    const inOrder = (schema: unknown): unknown =>
      JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
        key === 'required' && Array.isArray(value)
          ? value.map(String).toSorted((one, other) => (one < other ? -1 : 1))
          : value,
      )
    expect(myCompanyEverything?.schema).to.deep.equal(
      inOrder({ apiName: 'my_company.everything', ...everything }),
    )
  })

  it('is formatted with the settings of the project that it is written to, and may do without', async () => {
    await file('.prettierrc', { semi: true, tabWidth: 4 })
    await types('--from', from)
    expect(await readFile(contract(), 'utf8')).to.contain(`import { publishedApi } from "@lightbus/core";`)
    const elsewhere = await mkdtemp(join(tmpdir(), 'contracts-'))
    try {
      await runLightbus(['types', '--from', from], { cwd: elsewhere })
      await rm(join(folder, '.prettierrc'))
      await types('--from', from)
      const [own, formatted] = [join(elsewhere, 'apis/my_company.everything.api.ts'), contract()]
      const tight = async (path: string) => (await readFile(path, 'utf8')).replaceAll(/[\s,|()]/g, '')
      expect(await tight(own)).to.equal(await tight(formatted))
      await writeFile(contract(), await readFile(own))
      expect(await compile('export {}')).to.deep.equal([])
    } finally {
      await rm(elsewhere, { recursive: true, force: true })
    }
  })

  it('is the same for the same schema in another order', async () => {
    await types('--from', from)
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (typeof value !== 'object' || value === null) return value
      const turned = Object.entries(value).reverse()
      return Object.fromEntries(
        turned.map(([key, child]) => [
          key,
          key === 'required' ? (child as string[]).toReversed() : shuffled(child),
        ]),
      )
    }
    const again = await file('again.json', { 'my_company.everything': shuffled(everything) })
    const { code, output } = await types('--from', again, '--check')
    expect([code, output]).to.deep.equal([0, ''])
  })

  it('--from, --api: several files and folders, and only some of their APIs', async () => {
    await mkdir(join(folder, 'more'))
    await file('more/one.json', { one: {}, two: {} })
    await types('--from', from, join(folder, 'more'), '--api', 'one', 'my_company.everything')
    expect(await readdir(join(folder, 'apis'))).to.have.members([
      'one.api.ts',
      'my_company.everything.api.ts',
    ])
    const absent = await types('--from', from, '--api', 'three')
    expect([absent.code, absent.errors.includes('BUS_SCHEMAS_ABSENT')]).to.deep.equal([1, true])
  })

  it('--check: writes nothing, and fails with the names of the files that are stale or missing', async () => {
    const missing = await types('--from', from, '--check')
    expect([missing.code, missing.output]).to.deep.equal([1, `missing: ${contract()}\n`])
    expect(await readdir(folder)).not.to.include('apis')
    await types('--from', from)
    expect((await types('--from', from, '--check')).code).to.equal(0)
    const changed = await file('changed.json', { 'my_company.everything': { ...everything, events: {} } })
    const stale = await types('--from', changed, '--check')
    expect([stale.code, stale.output]).to.deep.equal([1, `stale: ${contract()}\n`])
    expect((await types('--from', changed)).output).to.equal(`changed: ${contract()}\n`)
  })

  it('leaves alone what it has not written, and writes nowhere else', async () => {
    await mkdir(join(folder, 'apis'))
    await writeFile(contract('mine'), '// Mine\n')
    const foreign = await types('--from', await file('mine.json', { mine: {} }))
    expect(foreign.code).to.equal(1)
    expect(foreign.errors).to.contain('BUS_CONTRACT_FOREIGN').and.to.contain(contract('mine'))
    expect(await readFile(contract('mine'), 'utf8')).to.equal('// Mine\n')
    await types('--from', await file('path.json', { '../../outside': {} }))
    expect(await readdir(join(folder, 'apis'))).to.have.members(['mine.api.ts', 'outside.api.ts'])
  })

  describe('of a running bus', () => {
    const shop = (result: Json) =>
      defineApi('types.shop', {
        events: { opened: event({ name: text }) },
        procedures: { count: procedure({}, result) },
      })
    let config: string

    beforeEach(async () => {
      const { bus, ...written } = privateConfig('redis')
      config = await file('bus.json', {
        ...written,
        bus: { schema: { ...bus?.schema, on_breaking_change: 'ignore' } },
      })
    })

    const serving = async (result: Json) => {
      const api = shop(result)
      const bus = createBus({ apis: [api], config, log: keepingLog().log })
      bus.serve(api, { count: () => 1 as never })
      await bus.start()
      return bus
    }

    it('--config: writes what is live', async () => {
      await using bus = await serving(number)
      const { code, output } = await types('--config', config)
      expect([code, output]).to.deep.equal([0, `written: ${contract('types.shop')}\n`])
      expect((await types('--config', config, '--check')).code).to.equal(0)
      await bus.stop()
    })

    it('--watch: writes again when the schemas change, until it is stopped', async () => {
      await using _ = await serving(number)
      const watching = startLightbus(['types', '--out', join(folder, 'apis'), '--watch'], {
        env: { LIGHTBUS_CONFIG: config },
      })
      const has = async (line: string) =>
        (await readFile(contract('types.shop'), 'utf8').catch(() => '')).includes(line)
      await until(() => has('result: number'), `the first contract: ${watching.errors}`, 20_000)
      await using __ = await serving(text)
      await until(() => has('result: string'), 'the second contract', 20_000)
      await until(() => watching.output.includes(`changed: ${contract('types.shop')}`), 'it says so')
      watching.child.kill('SIGTERM')
      expect(await watching.ended).to.equal(0)
    })

    it('fails where there is none', async () => {
      const { code, errors } = await types('--config', config)
      expect([code, errors.includes('BUS_SCHEMAS_ABSENT')]).to.deep.equal([1, true])
    })
  })
})
