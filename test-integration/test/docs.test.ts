import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Parser } from '@asyncapi/parser'
import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { realClock, type ApiSchema } from '@lightbus/core/transport'
import { transportModule } from '@lightbus/transport-redis'
import { expect } from 'chai'
import { z } from 'zod'
import { keepingLog, privateConfig, redisUrl } from './each-transport.ts'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const shop = fileURLToPath(new URL('../../examples/shop/', import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const { parse } = createRequire(new URL('../../packages/core/package.json', import.meta.url))('yaml') as {
  parse(text: string): Document
}

interface Ending {
  readonly code: number
  readonly output: string
  readonly errors: string
}

type Part = Readonly<Record<string, unknown>>
type Parts = Readonly<Record<string, Part>>

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly tags: readonly Part[] }
  readonly servers: Parts
  readonly channels: Parts
  readonly operations: Parts
  readonly components: { readonly messages: Parts; readonly schemas: Parts }
}

describe('lightbus docs', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lightbus-docs-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('writes YAML, JSON and a page of a bus module, and says where', async () => {
    const { code, output, errors } = await docs(['described-bus.ts', '--out', folder])
    expect(code, errors).to.equal(0)
    const names = ['asyncapi.yaml', 'asyncapi.json', 'index.html']
    expect(output.trim().split('\n')).to.deep.equal(names.map((name) => join(folder, name)))
    const document = await documentIn(folder)
    expect(parse(await readFile(join(folder, 'asyncapi.yaml'), 'utf8'))).to.deep.equal(document)
    expect(document.info).to.include({ title: 'APIs of webshop', version: '0.0.0' })
    const described = 'Orders, from the basket to the door.\nAsk the **shop team** about `place_order`.'
    expect(document.info.tags).to.deep.equal([
      { name: 'my_company.webshop', description: described, 'x-lightbus-owner': 'webshop' },
    ])
    await expectValid(folder)
  })

  it('says of an event what it carries, who fires it and who listens', async () => {
    await docs(['described-bus.ts', '--out', folder])
    const { channels, operations, components } = await documentIn(folder)
    const path = 'my_company.webshop.order_placed'
    expect(channels[path]).to.deep.include({ address: path, 'x-lightbus-owner': 'webshop' })
    expect(channels[path]?.['x-lightbus-listeners']).to.deep.equal([
      { service: 'webshop', listener: 'packing' },
      { service: 'webshop', listener: 'statistics' },
    ])
    expect(operations[`${path}-fire`]).to.include({ action: 'send' })
    expect(operations[`${path}-listen-webshop-packing`]).to.include({ action: 'receive' })
    const message = components.messages[path]
    expect(message).to.include({ 'x-lightbus-version': 3 })
    expect(message?.['description']).to.match(/^An order is in the books\./)
    const examples = message?.['examples'] as readonly { readonly payload: Part }[]
    expect(examples[0]?.payload).to.deep.include({ size: 'small', lines: [{ sku: 'teapot', count: 1 }] })
    const { properties, required } = components.schemas[`${path}-parameters`] as {
      properties: Parts
      required: readonly string[]
    }
    expect(properties['order']).to.include({
      type: 'string',
      description: 'The number that the customer sees.',
    })
    expect(required).to.include('lines').and.not.to.include.oneOf(['size', 'note'])
  })

  it('says of a procedure what it takes and what it replies', async () => {
    await docs(['described-bus.ts', '--out', folder])
    const { channels, operations, components } = await documentIn(folder)
    const path = 'my_company.webshop.import_products'
    const { action, reply } = operations[`${path}-serve`] as { action: string; reply: Part }
    expect(action).to.equal('receive')
    expect(reply['channel']).to.deep.equal({ $ref: `#/channels/${path}-result` })
    expect(channels[`${path}-result`]).to.include({ address: null })
    expect(components.messages[`${path}-result`]?.['examples']).to.deep.equal([{ payload: 12 }])
    expect(components.schemas[`${path}-result`]).to.include({ type: 'integer' })
  })

  it('writes one document of several modules, with the servers of the configuration and no secret', async () => {
    const selector = { redis: { url: 'redis://sally:hush@broker.example:6380/2' } }
    const config = join(folder, 'config.json')
    const api = { event_transport: selector, rpc_transport: selector, result_transport: selector }
    await writeFile(config, JSON.stringify({ apis: { default: api } }))
    const modules = ['shop', 'image', 'price-monitor'].map((name) => `src/${name}/bus.ts`)
    const [one = '', ...others] = modules
    const out = join(folder, 'a/b')
    const ending = await docs([...others, '--bus', one, '--config', config, '--out', out], { cwd: shop })
    expect(ending.code, ending.errors).to.equal(0)
    const { info, servers, channels } = await documentIn(out)
    expect(info.title).to.equal('APIs of shop, image, price_monitor')
    expect(info.tags.map(({ name }) => name)).to.deep.equal(['image', 'price_monitor', 'shop'])
    expect(Object.values(servers)).to.deep.equal([
      {
        host: 'broker.example:6380',
        protocol: 'redis',
        pathname: '/2',
        title: 'redis at redis://broker.example:6380/2',
      },
    ])
    const changed = channels['price_monitor.competitor_price_changed']
    expect(changed?.['x-lightbus-listeners']).to.deep.equal([
      { service: 'shop', listener: 'follow_competitor' },
    ])
    expect(channels['image.make_thumbnails']).to.include({ 'x-lightbus-owner': 'image' })
    for (const name of await readdir(out))
      expect(await readFile(join(out, name), 'utf8'), name).not.to.match(/hush|sally/)
    await expectValid(out)
  })

  for (const [format, name] of [
    ['asyncapi-yaml', 'asyncapi.yaml'],
    ['asyncapi-json', 'asyncapi.json'],
    ['html', 'index.html'],
  ] as const) {
    it(`writes ${name} alone with --format ${format}, under a title of its own`, async () => {
      const title = 'What we <sell> & "ship"'
      const { code } = await docs(['described-bus.ts', '--format', format, '--out', folder, '--title', title])
      expect(code).to.equal(0)
      expect(await readdir(folder)).to.deep.equal([name])
      const text = await readFile(join(folder, name), 'utf8')
      if (format === 'html')
        expect(text).to.contain('<title>What we &#60;sell&#62; &#38; &#34;ship&#34;</title>')
      else expect(parse(text).info.title).to.equal(title)
    })
  }

  it('takes LIGHTBUS_MODULE, the version of the package around, and api-docs as its folder', async () => {
    await writeFile(join(folder, 'package.json'), '{ "version": "1.2.3" }')
    const env = { LIGHTBUS_MODULE: join(fixtures, 'described-bus.ts') }
    const { code, errors } = await docs([], { cwd: folder, env })
    expect(code, errors).to.equal(0)
    expect((await documentIn(join(folder, 'api-docs'))).info.version).to.equal('1.2.3')
  })

  it('writes the same twice, also of a service without a name', async () => {
    const args = ['told-bus.ts', '--format', 'html', '--out', folder]
    await docs(args)
    const before = await readFile(join(folder, 'index.html'), 'utf8')
    await docs(args)
    expect(await readFile(join(folder, 'index.html'), 'utf8')).to.equal(before)
  })

  it('adds with --from-bus what is alive, and needs no module for that', async () => {
    const config = privateConfig('redis')
    const path = join(folder, 'config.json')
    await writeFile(path, JSON.stringify(config))
    const auth = defineApi('auth', {
      events: { user_registered: event({ email: z.email() }, { description: 'Somebody is new.' }) },
      procedures: { check: procedure({ user: z.string() }, z.boolean(), { description: 'Looks.' }) },
    })
    await using bus = createBus({ apis: [auth], config, serviceName: 'auth', log: keepingLog().log })
    bus.serve(auth, { check: () => true })
    await bus.start()
    const alone = await docs(['--from-bus', '--config', path, '--out', folder], { cwd: folder })
    expect(alone.code, alone.errors).to.equal(0)
    const document = await documentIn(folder)
    expect(document.info.title).to.equal('APIs on the bus')
    expect(document.channels['auth.user_registered']).to.include({ description: 'Somebody is new.' })
    expect(document.operations['auth.check-serve']).to.include({ description: 'Looks.' })
    await expectValid(folder)
    await docs(['described-bus.ts', '--from-bus', '--config', path, '--out', folder])
    expect(await tags()).to.deep.equal(['auth', 'my_company.webshop'])
    await docs(['described-bus.ts', '--config', path, '--out', folder])
    expect(await tags()).to.deep.equal(['my_company.webshop'])
  })

  it('makes a valid document, and a harmless page, of whatever is alive', async () => {
    const config = privateConfig('redis')
    const path = join(folder, 'config.json')
    await writeFile(path, JSON.stringify(config))
    await storeHostile(Object.values(config.bus?.schema?.transport ?? {})[0] ?? {})
    const { code, errors } = await docs(['--from-bus', '--config', path, '--out', folder], { cwd: folder })
    expect(code, errors).to.equal(0)
    await expectValid(folder)
    const text = await readFile(join(folder, 'index.html'), 'utf8')
    expect(text).to.contain('&#60;script&#62;alert(&#34;param&#34;)')
    expect(text).not.to.match(/<script>alert|<img|javascript:alert\(1\)"/)
    const { channels, components } = await documentIn(folder)
    expect(Object.keys(channels)).to.include('evil.-3c-b-3e-.-22-x-20-y')
    expect(components.schemas['evil.invalid-parameters']).to.have.all.keys('x-lightbus-schema')
  })

  it('does what its document says', async () => {
    const text = await readFile(new URL('../../docs/api-docs.md', import.meta.url), 'utf8')
    const [, module = ''] = /```ts\n(\/\/ bus\.ts\n.*?)```/s.exec(text) ?? []
    const inside = join(fileURLToPath(new URL('../.cache/', import.meta.url)), basename(folder))
    await mkdir(inside, { recursive: true })
    try {
      await writeFile(join(inside, 'bus.ts'), module)
      const commands = [...text.matchAll(/^npx lightbus docs (.*)$/gm)].map(([, args = '']) => args)
      expect(commands).to.have.lengthOf(2)
      for (const command of commands) {
        const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
          ([, quoted, plain]) => quoted ?? plain ?? '',
        )
        const known = args.map((arg) => (arg.endsWith('bus.ts') ? 'bus.ts' : arg))
        const { code, errors } = await docs([...new Set(known)], { cwd: inside })
        expect(code, errors).to.equal(0)
      }
      expect(await readdir(join(inside, 'build'))).to.deep.equal(['asyncapi.yaml'])
      const { info, channels, components } = await documentIn(join(inside, 'api-docs'))
      expect(info.tags).to.deep.include({
        name: 'stock',
        description: 'What is in the warehouse.',
        'x-lightbus-owner': 'warehouse',
      })
      expect(channels['stock.sold_out']?.['x-lightbus-listeners']).to.deep.equal([
        { service: 'warehouse', listener: 'purchasing' },
      ])
      const payload = { sku: 'teapot', count: 10 }
      expect(components.messages['stock.reorder']?.['examples']).to.deep.equal([{ payload }])
    } finally {
      await rm(inside, { recursive: true })
    }
  })

  it('says so when it cannot reach the bus', async () => {
    const path = join(folder, 'config.json')
    const transport = { redis: { url: 'redis://:hush@127.0.0.1:1' } }
    await writeFile(path, JSON.stringify({ bus: { schema: { transport } } }))
    const args = ['described-bus.ts', '--from-bus', '--config', path]
    const { code, output, errors } = await docs([...args, '--out', folder])
    expect(errors)
      .to.match(/^BUS_TRANSPORT_UNAVAILABLE: /m)
      .and.not.to.contain('hush')
    expect({ code, output }).to.deep.equal({ code: 1, output: '' })
  })

  const refused: [string, string[], RegExp][] = [
    ['a format that is none', ['described-bus.ts', '--format', 'pdf'], /Allowed choices are asyncapi-yaml/],
    ['a module that is not there', ['nowhere.ts'], /^BUS_CLI_MODULE_UNUSABLE.*nowhere\.ts/],
    ['no module at all', [], /^BUS_CLI_MODULE_UNUSABLE/],
    ['a module without APIs', ['empty-bus.ts'], /^BUS_DOCS_EMPTY: .*empty-bus\.ts knows no API/],
    ['a bus where nothing is alive', ['--from-bus', 'empty-bus.ts'], /^BUS_DOCS_EMPTY: .*none is alive/],
    [
      'a configuration that is not there',
      ['described-bus.ts', '--config', 'none.yaml'],
      /^BUS_CONFIG_UNREADABLE/,
    ],
    ['a folder that is a file', ['described-bus.ts', '--out', 'no-bus.ts'], /^BUS_DOCS_UNWRITABLE: .*--out/m],
  ]
  for (const [what, args, said] of refused) {
    it(`refuses ${what}, with the exit code 1`, async () => {
      const { code, output, errors } = await docs(args)
      const lines = errors.split('\n').filter((line) => !line.startsWith('{'))
      expect(lines.join('\n')).to.match(said)
      expect({ code, output }).to.deep.equal({ code: 1, output: '' })
    })
  }

  async function tags(): Promise<readonly unknown[]> {
    return (await documentIn(folder)).info.tags.map(({ name }) => name)
  }
})

async function documentIn(folder: string): Promise<Document> {
  return JSON.parse(await readFile(join(folder, 'asyncapi.json'), 'utf8')) as Document
}

/** AsyncAPI's own parser has nothing against it, but that there is a newer version than most tools know. */
async function expectValid(folder: string): Promise<void> {
  for (const name of ['asyncapi.yaml', 'asyncapi.json']) {
    const { document, diagnostics } = await new Parser().parse(await readFile(join(folder, name), 'utf8'))
    const found = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
    expect(found, JSON.stringify(found, undefined, 2)).to.deep.equal([])
    expect(document?.operations().length).to.be.greaterThan(0)
  }
}

async function storeHostile(options: Readonly<Record<string, unknown>>): Promise<void> {
  const transport = transportModule.schema?.create(options, {
    serviceName: 'evil',
    processName: 'one',
    clock: realClock,
    report: () => undefined,
  })
  if (!transport) throw new Error(`There is no schema transport at ${redisUrl()}`)
  await transport.open()
  await transport.store(hostile, { ttlMs: 60_000 })
  await transport.close()
}

const parameters = { type: 'object', properties: {}, required: [] }
const hostile: ApiSchema = {
  apiName: 'evil',
  events: {
    '<b>."x y': {
      parameters: {
        ...parameters,
        title: '</style><script>alert("title")</script>',
        description: '"><img src=x onerror=alert(1)>',
        properties: {
          '<script>alert("param")</script>': { type: 'string', description: '`</code><img src=x>`' },
          ['__proto__']: { type: 'integer' },
          $ref: { type: 'string', default: '<img src=x>' },
        },
      },
    },
    names: {
      parameters: {
        ...parameters,
        properties: {
          'a/b~c': { $ref: '#/properties/%3Cb%3E%20"' },
          '<b> "': { type: 'integer', minimum: 3 },
          circle: { $ref: '#/properties/circle' },
        },
      },
    },
    both: { parameters },
    invalid: { parameters: { type: 'nonsense', properties: 7, $ref: 3 } },
    lost: {
      parameters: {
        ...parameters,
        properties: { away: { $ref: 'http://127.0.0.1:1/x' }, gone: { $ref: '#/nowhere' } },
      },
    },
    data: { parameters: { ...parameters, properties: { value: { default: { $ref: '#/nowhere' } } } } },
    root: { parameters: { $ref: '#/definitions/all', definitions: { all: { ...parameters, default: {} } } } },
    default: {
      parameters: {
        ...parameters,
        properties: { default: { $ref: '#/definitions/one' } },
        definitions: { one: { type: 'string' } },
      },
    },
    self: { parameters: { ...parameters, properties: { me: { $ref: '#' } } } },
  },
  rpcs: {
    both: { parameters, response: {} },
    odd: { parameters: { prefixItems: [{}] }, response: { anyOf: [] } },
  },
}

/** The command in a process of its own. */
function docs(
  args: readonly string[],
  { cwd = fixtures, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ending> {
  const node = ['--import', tsx, '--conditions=@lightbus/source', cli, 'docs', ...args]
  const options = { cwd, env: { ...process.env, LIGHTBUS_MODULE: '', ...env }, timeout: 30_000 }
  return new Promise((resolve) => {
    execFile(process.execPath, node, options, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output, errors })
    })
  })
}
