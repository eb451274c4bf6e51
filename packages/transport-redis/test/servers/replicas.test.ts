import { createCall, createEventMessage, type RpcMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import {
  collected,
  eventTransport,
  openedInTest,
  pulling,
  rpcTransport,
  testContext,
  until,
} from '../redis-fixture.ts'
import { startServer, type Server } from './servers.ts'

const wait = { replicas: 1, timeout: '50ms' }

// The newest, since older servers cover more with WAIT than they promise.
describe('the Redis transport that waits for replicas', function () {
  this.timeout(60_000)
  let [primary, replica]: (Server | undefined)[] = []
  let replicaProcess = 0
  before(async () => {
    primary = await startServer('newest')
    const { hostname, port } = new URL(primary.url)
    replica = await startServer('newest', { settings: ['--replicaof', hostname, port] })
    replicaProcess = Number(/process_id:(\d+)/.exec(await ask(replica, (redis) => redis.info('server')))?.[1])
  })
  after(async () => {
    await replica?.stop()
    await primary?.stop()
  })
  beforeEach(() => follows())
  afterEach(() => silence('SIGCONT'))
  const opened = openedInTest()
  const silence = (signal: NodeJS.Signals): boolean => process.kill(replicaProcess, signal)
  const follows = (): Promise<void> =>
    until('the replica follows', () =>
      ask(primary, async (redis) => {
        await redis.incr('written')
        return (await redis.wait(1, 100)) === 1
      }),
    )

  it('hands out no call that the replicas do not know to be taken', async () => {
    const context = testContext()
    const server = await opened(rpcTransport(context, { url: primary?.url, wait_replicas: wait }))
    const consumer = await server.consume({ apiNames: ['watched'], prefetch: () => 1 })
    const calls = pulling((signal) => consumer.calls(signal))
    const next = calls.next()
    silence('SIGSTOP')
    await server.send(call(), { timeoutMs: 5_000 })
    await until('the call is given up', () => context.notices.length > 0)
    expect(context.notices[0]).to.include({ type: 'messages-lost' })
    silence('SIGCONT')
    await follows()
    const later = call()
    await server.send(later, { timeoutMs: 5_000 })
    const delivery = await next
    expect(delivery.call?.id).to.equal(later.id)
    expect(delivery).to.have.property('remainingMs').that.is.within(1, 4_999)
    delivery.done()
  })

  it('lets nobody be the first with an idempotency key whom the replicas do not know', async () => {
    const { outcomes } = await opened(rpcTransport(testContext(), { url: primary?.url, wait_replicas: wait }))
    silence('SIGSTOP')
    const error = await outcomes
      ?.claim('watched', 'k', { ttlMs: 60_000 })
      .catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE' })
    expect(String(error)).to.contain('0 of 1 replicas')
  })

  it('does not count an event as sent that another connection has sent, and the replicas do not have', async () => {
    const options = { url: primary?.url, dedup_window: '10m', wait_replicas: wait }
    const [one, other] = [eventTransport(testContext(), options), eventTransport(testContext(), options)]
    for (const transport of [one, other]) await opened(transport)
    const event = createEventMessage({ apiName: 'watched', eventName: 'e', parameters: {} })
    silence('SIGSTOP')
    for (const transport of [one, other]) {
      const error = await transport.send(event).catch((failure: unknown) => failure)
      expect(String(error)).to.contain('0 of 1 replicas')
    }
    silence('SIGCONT')
    await follows()
    await other.send(event)
    expect(await collected(other.history!(event))).to.have.lengthOf(1)
  })
})

function call(): RpcMessage {
  const unaddressed = createCall({ apiName: 'watched', procedureName: 'ask', parameters: {} })
  return { ...unaddressed, returnPath: 'redis+key://nowhere' }
}

async function ask<T>(server: Server | undefined, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server?.url ?? '')
  try {
    return await act(redis)
  } finally {
    redis.disconnect()
  }
}
