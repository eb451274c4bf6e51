import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Redis } from 'ioredis'

const cli = fileURLToPath(new URL('../../packages/core/src/cli/lightbus.ts', import.meta.url))
const nowhere = 'redis://shop:hush@127.0.0.1:1/0'

interface Server {
  readonly url: string
  stop(): Promise<void>
}
const scripts = new URL('../../scripts/redis-servers.mjs', import.meta.url)
const { startServer } = (await import(scripts.href)) as {
  startServer(name: string, options: { readonly settings: readonly string[] }): Promise<Server>
}

interface Ending {
  readonly code: number
  readonly output: string
  readonly errors: string
}

describe('lightbus doctor', function () {
  this.timeout(30_000)
  let folder: string
  let server: Server
  let admin: Redis
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lightbus-doctor-'))
    server = await startServer('distribution', { settings: ['--appendonly', 'yes', '--requirepass', 'hush'] })
    admin = new Redis(server.url, { password: 'hush' })
  })
  beforeEach(() => admin.config('SET', 'appendfsync', 'always'))
  after(async () => {
    admin?.disconnect()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('says nothing is wrong, and leaves nothing behind', async () => {
    const { code, output } = await doctor('--config', await config({ redis: { url: url() } }))
    expect(output.trimEnd().split('\n').slice(1)).to.deep.equal([
      '',
      `redis at ${server.url}: healthy`,
      '  used as apis.default.event_transport',
      '  used as apis.default.rpc_transport',
      '  used as apis.default.result_transport',
      '  used as bus.schema.transport',
      '',
      'Nothing is wrong.',
    ])
    expect(code).to.equal(0)
    expect(await admin.dbsize()).to.equal(0)
  })

  it('tells of a warning and of what to do, and that is no failure', async () => {
    await admin.config('SET', 'appendfsync', 'everysec')
    const { code, output } = await doctor('--config', await config({ redis: { url: url() } }))
    expect(
      output.match(/^ {2}warning appendfsync is everysec: .*\. Set appendfsync to always .*\.$/gm),
    ).to.have.length(1)
    expect(output).to.contain('\n1 warning.\n')
    expect(code).to.equal(0)
  })

  it('fails at a danger, until it is none any more', async () => {
    const path = await config({ redis: { url: url() } })
    await admin.config('SET', 'min-replicas-to-write', '1')
    const ill = await doctor('--config', path)
    await admin.config('SET', 'min-replicas-to-write', '0')
    expect(ill.output).to.match(/^ {2}danger {2}min-replicas-to-write is 1, and the server has 0: /m)
    expect(ill.output).to.contain('\n1 danger.\n')
    expect(ill.code).to.equal(1)
    expect((await doctor('--config', path)).code).to.equal(0)
  })

  it('fails when a transport cannot be opened, says why, and looks at the others all the same', async () => {
    const path = await config({ redis: { url: url() } }, { redis: { url: nowhere } })
    const { code, output, errors } = await doctor('--config', path)
    expect(output).to.contain(`redis at ${server.url}: healthy`)
    expect(output).to.match(
      /^redis at redis:\/\/127\.0\.0\.1:1\/0: not healthy\n {2}BUS_TRANSPORT_UNAVAILABLE: .*ECONNREFUSED.*\n {2}used as apis\.default\.event_transport$/m,
    )
    expect(output).to.contain('\n1 not healthy.\n')
    expect(`${output}${errors}`).not.to.contain('hush')
    expect(code).to.equal(1)
  })

  it('tells users of one server apart by what becomes of them', async () => {
    await admin.call('ACL', 'SETUSER', 'reader', 'reset', 'on', '>hush', '~*', '+@read', '+ping', '+info')
    const reader = server.url.replace('//', '//reader:hush@')
    const { output } = await doctor(
      '--config',
      await config({ redis: { url: url() } }, { redis: { url: reader } }),
    )
    expect(output).to.match(
      new RegExp(`${server.url}: not healthy\n {2}BUS_REDIS_REFUSED: .*\n {2}used as .*event`),
    )
    expect(output).to.match(new RegExp(`${server.url}: healthy\n {2}used as .*rpc`))
  })

  it('says the same as JSON', async () => {
    await admin.config('SET', 'appendfsync', 'everysec')
    const path = await config({ redis: { url: url() } }, { redis: { url: nowhere } })
    const { code, output } = await doctor('--json', '--config', path)
    const { configuration, isWell, transports } = JSON.parse(output) as Report
    expect({ configuration, isWell, code }).to.deep.equal({ configuration: path, isWell: false, code: 1 })
    const [down, up] = transports
    expect(transports).to.have.length(2)
    expect(down).to.deep.include({
      transport: 'redis',
      address: 'redis://127.0.0.1:1/0',
      usedAs: ['apis.default.event_transport'],
      isHealthy: false,
      risks: [],
    })
    expect(down?.error).to.have.property('code', 'BUS_TRANSPORT_UNAVAILABLE')
    expect(up).to.deep.include({ address: server.url, isHealthy: true }).and.not.to.have.property('error')
    const [risk] = up?.risks ?? []
    expect(risk).to.include({ severity: 'warning', setting: 'appendfsync', value: 'everysec' })
    expect(risk).to.have.all.keys('severity', 'setting', 'value', 'risk', 'cure')
    expect(output).not.to.contain('hush')
  })

  it('takes the configuration of LIGHTBUS_CONFIG; without any, messages are in memory', async () => {
    const { code, output } = await doctor()
    expect(output).to.contain('Configuration: none\n')
    expect(output).to.contain('memory at memory://default: healthy')
    expect(output).to.match(/^ {2}used as apis\.default\.event_transport \(by default\)$/m)
    expect(output).to.match(/^ {2}warning transport is memory: .* lost with the process.*/m)
    expect(code).to.equal(0)
    process.env['LIGHTBUS_CONFIG'] = await config({ redis: { url: url() } })
    try {
      expect((await doctor()).output).to.contain(`redis at ${server.url}: healthy`)
    } finally {
      delete process.env['LIGHTBUS_CONFIG']
    }
  })

  it('leaves out the default of APIs where each is named', async () => {
    const memory = { event_transport: { memory: {} }, rpc_transport: { memory: {} } }
    const path = join(folder, 'named.json')
    const written = { bus: { schema: { transport: { memory: {} } } }, apis: { shop: memory } }
    await writeFile(
      path,
      JSON.stringify({ ...written, apis: { shop: { ...memory, result_transport: { memory: {} } } } }),
    )
    expect((await doctor('--config', path)).output)
      .to.contain('apis.shop.')
      .and.not.to.contain('apis.default.')
    await writeFile(path, JSON.stringify({ ...written, apis: { ...written.apis, default: memory } }))
    expect((await doctor('--config', path)).output)
      .to.contain('used as apis.shop.result_transport (by default)')
      .and.to.contain('used as apis.default.result_transport (by default)')
  })

  it('tells of any transport, also of one that knows no risks', async () => {
    for (const [state, said] of [
      ['', 'healthy\n  used as'],
      [`health: async () => ({ isUp: false, why: 'It sleeps.' })`, 'not healthy\n  It sleeps.\n  used as'],
      [`open: () => Promise.reject(new Error('It fell.'))`, 'not healthy\n  It fell.\n  used as'],
      [`risks: () => Promise.reject(new Error('It hides.'))`, 'not healthy\n  It hides.\n  used as'],
    ] as const) {
      await writeFile(join(folder, 'odd.mjs'), moduleText(state))
      const { output } = await doctor('--config', await config({ memory: {} }, { './odd.mjs': {} }))
      expect(output).to.contain(`\nodd at odd://here: ${said}`)
    }
    const { errors } = await doctor('--config', await config({ './odd.mjs': {} }))
    expect(errors)
      .to.contain('odd.mjs')
      .and.to.match(/^BUS_\w+: /)
  })

  it('refuses a configuration that is none', async () => {
    const path = await config({ redis: { uri: url() } })
    for (const [args, code] of [
      [['--config', path], 'BUS_CONFIG_INVALID'],
      [['--config', join(folder, 'nowhere.yaml')], 'BUS_CONFIG_UNREADABLE'],
    ] as const) {
      const ending = await doctor('--json', ...args)
      expect(ending.errors).to.contain(code)
      expect(ending).to.include({ code: 1, output: '' })
    }
  })

  function url(): string {
    return server.url.replace('//', '//:hush@')
  }

  /** A configuration with this transport for everything but, if another is given, events. */
  async function config(all: object, events: object = all): Promise<string> {
    const path = join(folder, 'lightbus.json')
    const api = { event_transport: events, rpc_transport: all, result_transport: all }
    await writeFile(path, JSON.stringify({ bus: { schema: { transport: all } }, apis: { default: api } }))
    return path
  }
})

/** A module for events alone, with this in place of what is usual. */
function moduleText(state: string): string {
  return `
    const usual = { open: async () => {}, close: async () => {}, health: async () => ({ isUp: true }) }
    const transport = { name: 'odd', address: 'odd://here', ...usual, ${state} }
    const optionsSchema = { type: 'object', properties: {}, additionalProperties: false }
    export const transportModule = { name: 'odd', event: { optionsSchema, create: () => transport } }`
}

interface Report {
  readonly configuration: string
  readonly isWell: boolean
  readonly transports: readonly { readonly error?: object; readonly risks: readonly object[] }[]
}

/** The command in a process of its own. */
function doctor(...args: string[]): Promise<Ending> {
  const node = ['--import', 'tsx', '--conditions=@lightbus/source', cli, 'doctor', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, node, { timeout: 20_000 }, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output, errors })
    })
  })
}
