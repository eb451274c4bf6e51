import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { transportModule } from '../../src/index.ts'
import { eventOptions } from '../../src/options.ts'
import { placeProperties } from '../../src/place-options.ts'
import { eventNamed, ProofBench } from '../kit/proof-bench.ts'
import { eventTransport, schemaTransport, testContext, url } from '../redis-fixture.ts'
import { startCluster, startSentinel, startServer, startTls } from './servers.ts'
import type { Cluster, Sentinel, Server, TlsServer } from './servers.ts'

interface Nested {
  readonly properties?: Readonly<Record<string, object>>
  readonly items?: Nested
}

describe('the options within options', function () {
  this.timeout(60_000)
  let [guarded, mutual, sentinel, cluster]: [Server?, TlsServer?, Sentinel?, Cluster?] = []
  before(async () => {
    ;[guarded, mutual, sentinel, cluster] = await Promise.all([
      startServer('distribution', { settings: ['--requirepass', 'pw'] }),
      startTls({ mutual: true }),
      startSentinel(),
      startCluster(),
    ])
  })
  after(async () => {
    for (const server of [guarded, mutual, sentinel, cluster]) await server?.stop()
  })

  const proofs: Readonly<Record<string, () => Promise<void>>> = {
    'tls.ca': async () => {
      const { ca, ...others } = await tls()
      expect(await opening({ url: mutual?.url, tls: { ...others, ca } })).to.equal('open')
      expect(await opening({ url: mutual?.url, tls: others })).to.match(/certificate/)
    },
    'tls.cert': async () => {
      const { cert: _, ...others } = await tls()
      expect(await opening({ url: mutual?.url, tls: others })).not.to.equal('open')
    },
    'tls.key': async () => {
      const { key: _, ...others } = await tls()
      expect(await opening({ url: mutual?.url, tls: others })).not.to.equal('open')
    },
    'tls.servername': async () => {
      const servername = (name: string) => async () =>
        opening({ url: mutual?.url, tls: { ...(await tls()), servername: name } })
      expect(await servername('localhost')()).to.equal('open')
      expect(await servername('elsewhere')()).to.match(/elsewhere/)
    },
    'tls.reject_unauthorized': async () => {
      const { ca: _, ...others } = await tls()
      const careless = { ...others, reject_unauthorized: false }
      expect(await opening({ url: mutual?.url, tls: careless })).to.equal('open')
    },
    'sentinels[].host': () => hostOf('sentinels', sentinel?.sentinels[0]?.port),
    'sentinels[].port': () => portOf('sentinels', sentinel?.sentinels[0]?.port),
    'cluster[].host': () => hostOf('cluster', cluster?.nodes[0]?.port),
    'cluster[].port': () => portOf('cluster', cluster?.nodes[0]?.port),
    'connection_parameters.password': async () => {
      expect(await opening({ url: guarded?.url })).to.match(/NOAUTH/)
      const connection = { connection_parameters: { password: 'pw' } }
      expect(await opening({ url: guarded?.url, ...connection })).to.equal('open')
    },
    'connection_parameters.db': async () => {
      expect(await opening({ connection_parameters: { db: 9_999 } })).to.match(/DB index is out of range/)
    },
    'connection_parameters.ssl': async () => {
      const unencrypted = mutual?.url.replace('rediss:', 'redis:')
      const connection = (ssl: boolean) => ({ url: unencrypted, connection_parameters: { ssl } })
      expect(await opening(connection(true))).to.match(/certificate/)
      expect(await opening(connection(false))).not.to.match(/certificate/)
    },
    'wait_replicas.replicas': () => waits({ replicas: 7 }, 'WAIT 7 1000'),
    'wait_replicas.timeout': () => waits({ timeout: '70ms' }, 'WAIT 1 70'),
  }

  for (const [option, proof] of Object.entries(proofs)) it(`${option} has an effect`, proof)

  it('are all that there are, and each says what it means', () => {
    const nested = Object.entries(eventOptions.schema.properties).flatMap(([option, schema]) =>
      within(option, schema),
    )
    const effective = nested.filter(([, schema]) => !('withoutEffect' in schema))
    expect(Object.keys(proofs)).to.have.members(effective.map(([path]) => path))
    for (const [path, schema] of nested)
      expect(schema, path).to.have.property('description').that.matches(/\.$/)
    // What the other kinds have of them is the same.
    for (const kind of ['rpc', 'result', 'schema'] as const)
      expect(transportModule[kind]?.optionsSchema.properties).to.include(placeProperties)
  })

  async function tls() {
    const { caFile = '', certFile = '', keyFile = '' } = mutual ?? {}
    return { ca: await readFile(caFile, 'utf8'), cert: certFile, key: keyFile }
  }

  // Nobody listens there.
  async function hostOf(option: string, port: number | undefined): Promise<void> {
    const options = { sentinel_name: sentinel?.name }
    expect(await opening({ ...options, [option]: [{ host: '127.0.0.1', port }] })).to.equal('open')
    expect(await opening({ ...options, [option]: [{ host: '::1', port }] })).not.to.equal('open')
  }

  async function portOf(option: string, port: number | undefined): Promise<void> {
    const options = { sentinel_name: sentinel?.name }
    const address = { host: '127.0.0.1', port }
    expect(await opening({ ...options, [option]: [address] })).to.equal('open')
    expect(await opening({ ...options, [option]: [{ ...address, port: 1 }] })).not.to.equal('open')
  }
})

/** Each option within this one, by its path. */
function within(path: string, { properties, items }: Nested): readonly (readonly [string, object])[] {
  if (items) return within(`${path}[]`, items)
  return Object.entries(properties ?? {}).flatMap(([name, schema]) => [
    [`${path}.${name}`, schema] as const,
    ...within(`${path}.${name}`, schema),
  ])
}

/** `open`, or why not. */
async function opening(options: object): Promise<string> {
  const transport = schemaTransport(testContext(), options)
  try {
    await transport.open()
    return 'open'
  } catch (error) {
    return (error as Error).message
  } finally {
    await transport.close()
  }
}

/** What is asked of Redis when an event is sent. */
async function waits(wait: object, expected: string): Promise<void> {
  const bench = await ProofBench.at(url)
  try {
    const events = eventTransport(testContext(), {
      url: bench.url(),
      namespace: bench.namespace,
      wait_replicas: wait,
    })
    await events.open()
    await events.send(eventNamed('a')).catch(() => undefined)
    await events.close()
    expect(bench.sent.map(({ words }) => words.join(' ').toUpperCase())).to.include(expected)
  } finally {
    await bench.close()
  }
}
