import { readFile, readdir } from 'node:fs/promises'
import { createEventMessage } from '@lightbus/core/transport'
import { guaranteeIds } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  eventTransport,
  openedInTest,
  pulling,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
} from '../redis-fixture.ts'
import { runKitAsSmallestUser } from './run-kit.ts'
import { startServer, type Server } from './servers.ts'
import { smallestUser, type SmallestUser } from './smallest-user.ts'

const sources = new URL('../../src/', import.meta.url)
// The client's own, where the url has a number or a name for the connection.
const ofTheUrl = ['+select', '+client|setname', '+hello']

describe('the smallest user of Redis', function () {
  this.timeout(120_000)
  let server: Server
  let user: SmallestUser
  const opened = openedInTest()
  before(async () => {
    server = await startServer('distribution')
    user = await smallestUser()
  })
  after(() => server?.stop())

  // In parts, each of which has its own time.
  const isOfEvents = (id: string): boolean => id.startsWith('E')
  for (const [about, ids] of [
    ['events', guaranteeIds.filter(isOfEvents)],
    ['all else', guaranteeIds.filter((id) => !isOfEvents(id))],
  ] as const)
    it(`is refused nothing, whatever the transport does about ${about}`, async () => {
      const all = ['--only', ids.join(), '--tier', 'full', '--jobs', '12']
      const { output } = await runKitAsSmallestUser(server.url, ...all)
      expect(new Set(output.match(/The user was refused .*/g))).to.deep.equal(new Set())
      expect(Number(/ (\d+) passed/.exec(output)?.[1]), output).to.be.above(0.8 * ids.length)
    })

  it('may do nothing that the transport does not do', async () => {
    const names = (await readdir(sources)).filter((name) => name.endsWith('.ts'))
    const texts = await Promise.all(names.map((name) => readFile(new URL(name, sources), 'utf8')))
    const isUsed = (permission: string): boolean => {
      const [command = '', sub = ''] = permission.slice(1).split('|')
      const call = new RegExp(`(\\.|p?call\\(')${command}(\\(|')${sub === '' ? '' : `[^)]*'${sub}'`}`, 'i')
      return texts.some((text) => call.test(text))
    }
    const unused = user.permissions.filter((each) => !ofTheUrl.includes(each) && !isUsed(each))
    expect(unused).to.deep.equal([])
  })

  it('may also use the names of keys that a Cluster needs', async () => {
    const redis = new Redis(server.url)
    await redis.call('ACL', 'SETUSER', user.name, ...user.rules)
    redis.disconnect()
    const options = { url: asUser(), namespace: user.keyPrefix, key_names: 'tagged' }
    const context = testContext()
    for (const make of [rpcTransport, resultTransport, schemaTransport]) await opened(make(context, options))
    const events = await opened(eventTransport(context, options))
    const address = { apiName: 'tagged', eventName: 'e' }
    const subscription = await events.subscribe({ listenerName: 'l', events: [address], prefetch: () => 1 })
    const event = createEventMessage({ ...address, parameters: {} })
    await events.send(event)
    const delivery = await pulling((signal) => subscription.deliveries(signal)).next()
    expect(delivery.event?.id).to.equal(event.id)
    expect(await subscription.acknowledge(delivery.receipt)).to.equal('settled')
  })

  it('opens, and with one permission less it is refused for good', async () => {
    await expectOpening(user.rules, undefined)
    for (const permission of ['+xadd', '+xreadgroup', '+evalsha', '+xgroup|create', '+zrangebyscore'])
      await expectOpening(
        user.rules.filter((rule) => rule !== permission),
        { code: 'BUS_REDIS_REFUSED', retriable: false },
      )
  })

  function asUser(): string {
    const url = new URL(server.url)
    url.username = user.name
    url.password = user.password
    return url.href
  }

  async function expectOpening(rules: readonly string[], error: object | undefined): Promise<void> {
    const redis = new Redis(server.url)
    await redis.call('ACL', 'SETUSER', user.name, ...rules)
    redis.disconnect()
    const transport = eventTransport(testContext(), { url: asUser(), namespace: user.keyPrefix })
    const failure = await transport.open().catch((reason: unknown) => reason)
    await transport.close()
    if (error === undefined) expect(failure).to.equal(undefined)
    else expect(failure).to.include(error)
  }
})
