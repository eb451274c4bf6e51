import { networkInterfaces } from 'node:os'
import type { Risk, Transport } from '@lightbus/core/transport'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { isRemote, type ServerFacts } from '../../src/server-facts.ts'
import { risksIn } from '../../src/server-risks.ts'
import { eventTransport, rpcTransport, schemaTransport, testContext } from '../redis-fixture.ts'
import { startCluster, startSentinel, startServer, type Server } from './servers.ts'
import { smallestUser } from './smallest-user.ts'

/** Settings, and what they risk: `severity setting value`. */
type Case = readonly [what: string, settings: Readonly<Record<string, string>>, risk: string]

// Nothing is at risk with these.
const sound = {
  appendfsync: 'always',
  appendonly: 'yes',
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
  'min-replicas-to-write': '0',
  'protected-mode': 'yes',
  save: '',
  timeout: '0',
}
const evicting = { maxmemory: '100mb', 'maxmemory-policy': 'volatile-ttl' }
const cases: readonly Case[] = [
  ['a memory that throws away', evicting, 'danger maxmemory-policy volatile-ttl'],
  ['nothing on disk', { appendonly: 'no' }, 'danger appendonly no, and save is empty'],
  ['snapshots only', { appendonly: 'no', save: '3600 1' }, 'warning appendonly no'],
  ['a second that may be lost', { appendfsync: 'everysec' }, 'warning appendfsync everysec'],
  ['a file that is written some time', { appendfsync: 'no' }, 'warning appendfsync no'],
  [
    'too few replicas for writing',
    { 'min-replicas-to-write': '2' },
    'danger min-replicas-to-write 2, and the server has 0',
  ],
  ['idle connections that are closed', { timeout: '30' }, 'warning timeout 30'],
  ['no protection without a password', { 'protected-mode': 'no' }, 'warning protected-mode no'],
]

describe('what the settings of a server risk', function () {
  this.timeout(60_000)
  const stops: (() => Promise<unknown> | void)[] = []
  let server: Server
  let admin: Redis
  before(async () => {
    const settings = Object.entries(sound).flatMap(([name, value]) => [`--${name}`, value])
    server = await startServer('distribution', { settings })
    admin = new Redis(server.url)
    admin.on('error', () => undefined)
  })
  beforeEach(() => set(sound))
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })
  after(async () => {
    admin?.disconnect()
    await server?.stop()
  })

  for (const [what, settings, risk] of cases)
    it(`${what}: until it is set otherwise`, async () => {
      expect(await risksAt(server.url)).to.deep.equal([])
      await set(settings)
      expect(await risksAt(server.url)).to.deep.equal([risk])
      await set(sound)
      expect(await risksAt(server.url)).to.deep.equal([])
    })

  it('no memory that throws away where there is no limit', async () => {
    await set({ 'maxmemory-policy': 'allkeys-lru' })
    expect(await risksAt(server.url)).to.deep.equal([])
  })

  it('no protection needed with a password', async () => {
    await set({ 'protected-mode': 'no' })
    await admin.call('ACL', 'SETUSER', 'known', 'reset', 'on', '>pw', '~*', '+@all')
    expect(await risksAt(server.url.replace('//', '//known:pw@'))).to.deep.equal([])
  })

  it('replicas that events wait for, and that are not there', async () => {
    const options = { url: server.url, wait_replicas: { replicas: 2 } }
    expect(await risksOf(eventTransport(testContext(), options))).to.deep.equal([
      'danger wait_replicas 2, and the server has 0',
    ])
  })

  it('too old a server', async () => {
    const old = await startServer('5')
    stops.push(() => old.stop())
    expect(await risksAt(old.url)).to.deep.equal([
      'danger appendonly no, and save is empty',
      `warning redis_version ${old.version}`,
    ])
  })

  it('a user who may not look is a warning, and the smallest user is one', async () => {
    const user = await smallestUser()
    const url = server.url.replace('//', `//${user.name}:${user.password}@`)
    const options = { url, namespace: user.keyPrefix }
    await set({ appendonly: 'no', timeout: '30' })
    for (const [rules, expected] of [
      [[], ['warning appendonly no', 'warning permissions without CONFIG GET']],
      [['-info'], ['warning permissions without INFO and CONFIG GET']],
      [
        ['+info', '+config|get'],
        ['danger appendonly no, and save is empty', 'warning timeout 30'],
      ],
    ] as const) {
      await admin.call('ACL', 'SETUSER', user.name, ...user.rules, ...rules)
      expect(await risksOf(schemaTransport(testContext(), options))).to.deep.equal(expected)
    }
  })

  it('a network that can be read', async () => {
    // A machine without a network has none, and is told of it below.
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address
    const settings = ['--requirepass', 'pw', '--save', '3600 1', '--appendonly', 'yes']
    const shared = await startServer('distribution', {
      settings: [...settings, '--bind', '127.0.0.1', ...(address ? [address] : [])],
    })
    stops.push(() => shared.stop())
    const url = shared.url.replace('//', '//:pw@')
    const everysec = 'warning appendfsync everysec'
    expect(await risksAt(url)).to.deep.equal([everysec])
    if (address)
      expect(await risksAt(url.replace('127.0.0.1', address))).to.deep.equal([everysec, 'warning tls none'])
  })

  it('may only be asked while it is open', async () => {
    const transport = rpcTransport(testContext(), { url: server.url })
    expect(await transport.risks?.().catch(codeOf)).to.equal('BUS_TRANSPORT_CLOSED')
    await transport.open()
    await transport.close()
    expect(await transport.risks?.().catch(codeOf)).to.equal('BUS_TRANSPORT_CLOSED')
  })

  it('may not be asked of a server that is gone', async () => {
    const mortal = await startServer('distribution')
    stops.push(() => mortal.stop())
    const transport = rpcTransport(testContext(), { url: mortal.url })
    await transport.open()
    stops.push(() => transport.close())
    await mortal.end({ kill: true })
    expect(await transport.risks?.().catch(codeOf)).to.equal('BUS_TRANSPORT_UNAVAILABLE')
  })

  it('a failover that events do not wait for, and a replica itself', async () => {
    const { sentinels, name, primary, stop } = await startSentinel()
    stops.push(stop)
    const url = `redis://127.0.0.1:${(await primary()).port}/0`
    const watched = { sentinels, sentinel_name: name }
    const [cutOff, notSet] = ['warning min-replicas-to-write 0', 'warning wait_replicas not set']
    const everysec = 'warning appendfsync everysec'
    const of = (options: object) => risksOf(eventTransport(testContext(), options))
    expect(await of(watched)).to.deep.equal([everysec, notSet, cutOff])
    expect(await of({ url })).to.deep.equal([everysec, notSet, cutOff])
    expect(await of({ ...watched, wait_replicas: {} })).to.deep.equal([everysec, cutOff])
    expect(await risksOf(rpcTransport(testContext(), watched))).to.deep.equal([everysec, cutOff])
    const first = new Redis(url)
    stops.push(() => first.disconnect())
    await first.config('SET', 'min-replicas-to-write', '1')
    expect(await of({ ...watched, wait_replicas: {} })).to.deep.equal([everysec])
    const [, port] = /^slave0:.*port=(\d+)/m.exec(await first.info('replication')) ?? []
    expect(await risksAt(`redis://127.0.0.1:${port}/0`)).to.deep.equal(['danger role replica', everysec])
  })

  it('the same of all masters of a Cluster, once', async () => {
    const { nodes, stop } = await startCluster()
    stops.push(stop)
    const risks = await risksOf(eventTransport(testContext(), { cluster: nodes }))
    expect(risks).to.include('warning wait_replicas not set')
    expect(new Set(risks).size).to.equal(risks.length)
  })

  async function set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await admin.config('SET', name, value)
  }
})

describe('an address that others reach', () => {
  it('is any but that of the machine for itself', () => {
    for (const own of [undefined, '127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
      expect(isRemote(own), own).to.equal(false)
    for (const other of ['192.0.2.7', '10.0.0.1', '2001:db8::1', '::ffff:192.0.2.7'])
      expect(isRemote(other), other).to.equal(true)
  })

  it('needs a password and TLS', () => {
    const facts: ServerFacts = {
      info: new Map(),
      settings: new Map([['protected-mode', 'no']]),
      refused: [],
      isRemote: true,
      hasPassword: false,
      hasTls: false,
      hasFailover: false,
    }
    const said = (changes: Partial<ServerFacts>): readonly string[] =>
      risksIn({ ...facts, ...changes }, { kind: 'rpc' }).map(inShort)
    expect(said({})).to.deep.equal(['danger password none', 'warning tls none'])
    expect(said({ hasPassword: true })).to.deep.equal(['warning tls none'])
    expect(said({ hasTls: true })).to.deep.equal(['danger password none'])
    expect(said({ isRemote: false, hasTls: true })).to.deep.equal(['warning protected-mode no'])
  })
})

/** Each as `severity setting value`; what it may do, and what to do about it, is said too. */
async function risksOf(transport: Transport): Promise<readonly string[]> {
  await transport.open()
  try {
    const risks = (await transport.risks?.()) ?? []
    for (const { risk, cure } of risks) expect(`${risk} ${cure}`).to.match(/^[A-Z].+[^.]\. [A-Z].+[^.]\.$/)
    return risks.map(inShort)
  } finally {
    await transport.close()
  }
}

function risksAt(url: string): Promise<readonly string[]> {
  return risksOf(rpcTransport(testContext(), { url }))
}

function inShort({ severity, setting, value }: Risk): string {
  return `${severity} ${setting} ${value}`
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code
}
