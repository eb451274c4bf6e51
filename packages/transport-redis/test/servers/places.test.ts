import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  eventTransport,
  openedInTest,
  place,
  pulling,
  redis,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
  until,
  url,
} from '../redis-fixture.ts'
import { opensAndCloses, startChild } from './child.ts'
import { startServer, startTls, type Server } from './servers.ts'

const address = { apiName: 'placed', eventName: 'e' }

describe('the ways to Redis', function () {
  this.timeout(60_000)
  const opened = openedInTest()
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  it('may be TLS, with an authority, a certificate and a key as text or as files', async () => {
    const server = await startTls({ mutual: true })
    stops.push(() => server.stop())
    const { caFile: ca, certFile: cert, keyFile: key } = server
    const text = { ca: await readFile(ca, 'utf8'), cert: await readFile(cert, 'utf8'), key }
    for (const tls of [{ ca, cert, key }, text, { cert, key, reject_unauthorized: false }])
      await carriesAnEvent({ url: server.url, tls })
    for (const tls of [{ cert, key }, { ca, cert, key, servername: 'elsewhere' }, { ca }]) {
      const error = await eventTransport(testContext(), { url: server.url, tls }).open().catch(identity)
      expect(error, JSON.stringify(Object.keys(tls))).to.have.property('code', 'BUS_TRANSPORT_UNAVAILABLE')
    }
  })

  it('may be a socket of the file system, with a database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lightbus-socket-'))
    stops.push(() => rm(folder, { recursive: true, force: true }))
    const path = join(folder, 'redis.sock')
    const server = await startServer('distribution', { settings: ['--unixsocket', path] })
    stops.push(() => server.stop())
    await carriesAnEvent({ url: `unix://${path}?db=7` })
    const client = connected(new Redis(server.url.replace(/\d+$/, '7')))
    expect(await client.keys('*:stream')).to.have.length(1)
  })

  it('may be a client of the caller, who goes on with it', async () => {
    const client = connected(new Redis(url))
    const listeners = client.listenerCount('close')
    const context = testContext()
    const events = eventTransport(context, { client, url: 'redis://127.0.0.1:1' })
    const rpcs = rpcTransport(context, { client, url: 'redis://127.0.0.1:1' })
    for (const transport of [events, rpcs]) await transport.open()
    await hearing(events)
    for (const transport of [events, rpcs]) await transport.close()
    expect(await client.ping()).to.equal('PONG')
    expect(client.listenerCount('close')).to.equal(listeners)
  })

  it('may not be a client that changes the names of keys, or something else', async () => {
    const client = connected(new Redis(url, { keyPrefix: 'mine:' }))
    for (const given of [client, {}]) {
      const error = await rpcTransport(testContext(), { client: given }).open().catch(identity)
      expect(error).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
    }
  })

  it('are at most three connections, however many listeners, APIs and calls', async () => {
    const name = `three-${place.namespace}`
    const options = { url: `${url}?connectionName=${encodeURIComponent(name)}` }
    const context = testContext()
    const [events, rpcs] = [eventTransport(context, options), rpcTransport(context, options)]
    const results = resultTransport(context, options)
    for (const transport of [events, rpcs, results, schemaTransport(context, options)])
      await opened(transport)
    const apiNames = Array.from({ length: 30 }, (_, index) => `three.${index}`)
    for (const apiName of apiNames) {
      const request = { listenerName: 'l', events: [{ apiName, eventName: 'e' }], prefetch: () => 5 }
      const subscription = await events.subscribe(request)
      void pulling((signal) => subscription.deliveries(signal))
        .next()
        .catch(identity)
    }
    const consumer = await rpcs.consume({ apiNames, prefetch: () => 100 })
    void pulling((signal) => consumer.calls(signal))
      .next()
      .catch(identity)
    const pending = apiNames.map((apiName) => ({
      id: apiName,
      apiName,
      procedureName: 'p',
      parameters: {},
      headers: {},
    }))
    await Promise.all(pending.map(async (call) => results.expect(call)))
    const count = async (): Promise<number> =>
      String(await redis.client('LIST')).split(` name=${name} `).length - 1
    await until('all three are there', async () => (await count()) === 3)
    expect(await count()).to.equal(3)
  })

  /** Sends an event over all kinds of connection. */
  async function carriesAnEvent(options: object): Promise<void> {
    await hearing(await opened(eventTransport(testContext(), options)))
  }
})

describe('what is asked of a server at opening', function () {
  this.timeout(60_000)
  let server: Server
  let admin: Redis
  before(async () => {
    server = await startServer('distribution')
    admin = new Redis(server.url)
  })
  after(async () => {
    admin?.disconnect()
    await server?.stop()
  })

  it('is each command that will be needed, and nothing stays', async () => {
    for (const [missing, make] of [
      ['xclaim', eventTransport],
      ['brpop -blpop', rpcTransport],
      ['pexpire', resultTransport],
      ['smembers', schemaTransport],
      ['multi', schemaTransport],
    ] as const) {
      await admin.call('ACL', 'SETUSER', 'some', 'on', '>pw', '~*', '+@all', ...`-${missing}`.split(' '))
      const options = { url: server.url.replace('//', '//some:pw@') }
      const transport = make(testContext(), options)
      const error = await transport.open().catch(identity)
      expect(error, missing).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
      expect(String(error).toLowerCase()).to.contain(`${missing.replace(/.*-/, '')} is needed`)
    }
    expect(await admin.dbsize()).to.equal(0)
    expect(String(await admin.client('LIST'))).not.to.contain('user=some')
  })

  it('is a memory that forgets nothing, told as a risk', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const context = testContext()
    const transport = schemaTransport(context, { url: server.url })
    await transport.open()
    await transport.close()
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    expect(context.notices.map(({ type }) => type)).to.deep.equal(['risk'])
    expect(context.notices[0]?.message).to.contain('allkeys-lru')
  })

  it('may go without INFO, and nothing is printed', async () => {
    await admin.call('ACL', 'SETUSER', 'silent', 'on', '>pw', '~*', '+@all', '-info')
    expect(await printed(server.url.replace('//', '//silent:pw@'))).to.equal('open\n')
  })

  it('may have no use for the password, and nothing is printed', async () => {
    expect(await printed(server.url.replace('//', '//:unneeded@'))).to.equal('open\n')
    const old = await startServer('5')
    try {
      expect(await printed(old.url.replace('//', '//:unneeded@'))).to.equal('BUS_REDIS_REFUSED\n')
      expect(await printed(old.url.replace('//', '//user:unneeded@'))).to.equal('BUS_REDIS_REFUSED\n')
    } finally {
      await old.stop()
    }
  })
})

/** What a process says that opens a transport and tells how that went. */
function printed(at: string): Promise<string> {
  return startChild({ url: at }, opensAndCloses).ended()
}

async function hearing(events: ReturnType<typeof eventTransport>): Promise<void> {
  const subscription = await events.subscribe({ listenerName: 'l', events: [address], prefetch: () => 5 })
  const deliveries = pulling((signal) => subscription.deliveries(signal))
  const next = deliveries.next()
  const event = createEventMessage({ ...address, parameters: {} })
  await events.send(event)
  const { event: heard, receipt } = await next
  expect(heard?.id).to.equal(event.id)
  await subscription.acknowledge(receipt)
}

const clients: Redis[] = []
after(() => clients.forEach((client) => client.disconnect()))

function connected(client: Redis): Redis {
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

function identity(value: unknown): unknown {
  return value
}
