import { createCall, createEventMessage, type EventDelivery } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  eventTransport,
  pulling,
  redis,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
  until,
} from './redis-fixture.ts'

async function clientIds(): Promise<string[]> {
  const list = (await redis.client('LIST')) as string
  return [...list.matchAll(/^id=(\d+)/gm)].map(([, id = '']) => id)
}

describe('the connections to Redis', () => {
  const open: { close(): Promise<void> }[] = []
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  it('are at most three for a bus that does everything, none after closing, and come back when killed', async () => {
    const before = new Set(await clientIds())
    const context = testContext()
    const [events, rpcs] = [eventTransport(context), rpcTransport(context)]
    const results = resultTransport(context)
    open.push(events, rpcs, results, schemaTransport(context))
    await Promise.all([events.open(), rpcs.open(), results.open()])
    const pulls: { next(): Promise<EventDelivery> }[] = []
    for (const listenerName of ['a', 'b', 'c']) {
      const address = [{ apiName: `conn.${listenerName}`, eventName: 'e' }]
      const listening = await events.subscribe({ listenerName, events: address, prefetch: () => 5 })
      pulls.push(pulling((signal) => listening.deliveries(signal)))
    }
    const consumer = await rpcs.consume({ apiNames: ['conn.a', 'conn.b'], prefetch: () => 5 })
    const calls = pulling((signal) => consumer.calls(signal))
    const [waiting, waitingCall] = [pulls[0]?.next(), calls.next()]
    const call = createCall({ apiName: 'conn.b', procedureName: 'p', parameters: {} })
    const { returnPath } = await results.expect(call)
    const own = async () => (await clientIds()).filter((id) => !before.has(id))
    await until('all three are there', async () => (await own()).length === 3)

    for (const id of await own()) await redis.client('KILL', 'ID', id)
    const types = () => context.notices.map(({ type }) => type)
    await until('they are back', () => types().includes('connection-back'))
    const event = createEventMessage({ apiName: 'conn.a', eventName: 'e', parameters: {} })
    await events.send(event)
    expect((await waiting)?.event?.id).to.equal(event.id)
    await rpcs.send({ ...call, returnPath }, { timeoutMs: 5_000 })
    expect((await waitingCall).call?.id).to.equal(call.id)
    expect(types().filter((type) => type === 'connection-lost')).to.have.length(1)
    expect((await own()).length).to.be.at.most(3)

    await Promise.all(open.splice(0).map((transport) => transport.close()))
    await until('all are gone', async () => (await own()).length === 0)
  })

  it('say where Redis is not, without the password, and in bounded time', async () => {
    const transport = eventTransport(testContext(), { url: 'redis://user:hush@127.0.0.1:1/0' })
    const error = await transport.open().then(
      () => undefined,
      (failure: unknown) => failure as Error & { code: string; retriable: boolean },
    )
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(error?.message).to.contain('redis://127.0.0.1:1/0').and.to.contain('ECONNREFUSED')
    expect(`${error?.message} ${transport.address} ${String(error?.cause)}`).not.to.contain('hush')
    await transport.close()
  })

  it('refuse for good when the password is wrong', async () => {
    const url = new URL(process.env['REDIS_URL'] ?? '')
    url.username = 'nobody'
    url.password = 'hush'
    const transport = rpcTransport(testContext(), { url: url.href })
    const error = await transport.open().catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
  })

  it('are of no use after closing', async () => {
    const transport = eventTransport(testContext())
    await transport.close()
    await transport.open()
    await transport.close()
    const event = createEventMessage({ apiName: 'x', eventName: 'e', parameters: {} })
    const error = await transport.send(event).catch((failure: unknown) => failure)
    expect(error).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
    await transport.open()
    await transport.close()
  })
})
