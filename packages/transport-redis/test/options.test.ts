import { expect } from 'chai'
import { eventOptions, rpcOptions } from '../src/options.ts'
import { eventTransport, openedInTest, redis, testContext, namespace } from './redis-fixture.ts'

const opened = openedInTest()

describe('options that Python services have too', () => {
  it('mean the same where they are null or 0', () => {
    const usual = eventOptions.read({})
    expect(usual).to.include({ reclaimBatchSize: 100, reclaimIntervalMs: 5_000, maxStreamLength: 100_000 })
    const nothing = eventOptions.read({
      batch_size: 7,
      acknowledgement_timeout: 9,
      reclaim_batch_size: null,
      reclaim_interval: null,
      max_stream_length: 0,
      consumer_ttl: 0,
    })
    expect(nothing).to.include({ reclaimBatchSize: 70, reclaimIntervalMs: 9_000, maxStreamLength: null })
    expect(nothing.consumerTtlMs / usual.consumerTtlMs).to.be.above(1e6)
    expect(eventOptions.read({ reclaim_batch_size: 0 }).reclaimBatchSize).to.equal(100)
  })

  it('are obeyed below connection_parameters', () => {
    const read = (parameters: object) => rpcOptions.read({ connection_parameters: parameters })
    expect(read({ ssl: true, db: 3, password: 'x' })).to.deep.include({
      tls: {},
      database: 3,
      password: 'x',
    })
    for (const parameters of [{}, { ssl: false, db: null, password: null }])
      expect(read(parameters)).to.deep.include({ tls: undefined, database: undefined, password: undefined })
    const authority = { ca: 'own' }
    const both = rpcOptions.read({ tls: authority, connection_parameters: { ssl: true } })
    expect(both.tls).to.equal(authority)
  })

  it('service_name and consumer_name: what groups and the members in them are called', async () => {
    const names = { service_name: 'till', consumer_name: 'till-1', consumer_ttl: 0 }
    const transport = await opened(eventTransport(testContext('shop', 'p'), names))
    const events = [{ apiName: 'named', eventName: 'sold' }]
    const request = { listenerName: 'l', events, prefetch: () => 1 }
    const subscription = await transport.subscribe(request)
    await subscription.close()
    const stream = `${namespace}named.*:stream`
    const [group = []] = (await redis.xinfo('GROUPS', stream)) as string[][]
    expect(group[1]).to.equal('till-l')
    const [consumer = []] = (await redis.xinfo('CONSUMERS', stream, 'till-l')) as string[][]
    expect(consumer[1]).to.equal('till-1')
  })
})
