import { createCall, createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Redis } from 'ioredis'
import { ask } from '../kit/redis-keys.ts'
import {
  collected,
  eventTransport,
  openedInTest,
  pulling,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
} from '../redis-fixture.ts'
import { callThroughFailover } from './call-through-failover.ts'
import { keepsBusy, startChild } from './child.ts'
import { runKitAt } from './run-kit.ts'
import { smallestUser } from './smallest-user.ts'
import { startCluster, type Cluster } from './servers.ts'
import { throughFailover } from './through-failover.ts'

describe('the Redis transport in a Cluster', function () {
  this.timeout(120_000)
  let cluster: Cluster
  let place: { readonly cluster: Cluster['nodes'] }
  before(async () => {
    cluster = await startCluster()
    place = { cluster: cluster.nodes }
  })
  after(() => cluster?.stop())
  const opened = openedInTest()

  it('keeps its guarantees', async () => {
    const { code, output } = await runKitAt(place)
    expect(code, output).to.equal(0)
  })

  const addresses = ['a', 'b', 'c', 'd'].map((name) => ({ apiName: `cluster.${name}`, eventName: 'e' }))

  it('carries events of several APIs, also through the death of a master', async () => {
    const options = { ...place, reclaim_interval: '200ms', wait_replicas: { replicas: 1, timeout: '2s' } }
    const events = await opened(eventTransport(testContext(), options))
    const failOver = (): Promise<void> => cluster.failover('{cluster.a}')
    await throughFailover({ sender: events, hearer: events, addresses, failOver })
  })

  it('loses no event when a master is changed by hand, and needs no replica to say so', async () => {
    const options = { ...place, reclaim_interval: '200ms' }
    const sender = await opened(eventTransport(testContext(), options))
    const hearer = await opened(eventTransport(testContext(), options))
    const failOver = (): Promise<void> => cluster.switchOver('{cluster.a}')
    const sent = await throughFailover({ sender, hearer, addresses, failOver })
    const kept = await Promise.all(addresses.map((address) => collected(sender.history!(address))))
    expect(kept.flat().map(({ event }) => event.id)).to.include.members(sent)
  })

  it('goes on with calls after a master was changed by hand, and executes none twice', async () => {
    const context = testContext()
    const rpcs = await opened(rpcTransport(context, place))
    const results = await opened(resultTransport(context, place))
    const apiNames = addresses.map(({ apiName }) => apiName)
    const failOver = (): Promise<void> => cluster.switchOver('{cluster.d}')
    await callThroughFailover({ rpcs, results, apiNames, failOver })
  })

  it('prints nothing through a failover, and lets the process end', async () => {
    const child = startChild(place, keepsBusy)
    await child.says('sending')
    await cluster.failover('{busy}')
    expect(await child.ended()).to.equal('sending\n')
  })

  it('lets the process end that closes while it looks which node has what', async () => {
    const child = startChild(place, closesAtALook)
    expect(await child.ended()).to.equal('looking\n')
  })

  it('carries calls to several APIs, their results and schemas', async () => {
    const context = testContext()
    const [rpcs, results] = [rpcTransport(context, place), resultTransport(context, place)]
    const schemas = schemaTransport(context, place)
    for (const transport of [rpcs, results, schemas]) await opened(transport)
    const apiNames = ['calls.a', 'calls.b', 'calls.{c}']
    const consumer = await rpcs.consume({ apiNames, prefetch: () => 10 })
    const calls = pulling((signal) => consumer.calls(signal))
    for (const apiName of apiNames) {
      const call = createCall({ apiName, procedureName: 'p', parameters: {} })
      const pending = await results.expect(call)
      const servers = await rpcs.send({ ...call, returnPath: pending.returnPath }, { timeoutMs: 5_000 })
      expect(servers).to.equal('some')
      const served = await calls.next()
      expect(served.call?.id).to.equal(call.id)
      await results.send(createResult(call.id, { type: 'value', value: apiName }), pending.returnPath)
      expect((await pending.receive(AbortSignal.timeout(5_000))).outcome).to.deep.equal({
        type: 'value',
        value: apiName,
      })
      served.done()
      await schemas.store({ apiName, events: {}, rpcs: {} }, { ttlMs: 60_000 })
    }
    const stored = (await schemas.load()).map(({ apiName }) => apiName)
    expect(stored).to.include.members(apiNames)
  })

  it('is refused nothing as the smallest user', async () => {
    const { keyPrefix, name, password, rules, inCluster } = await smallestUser()
    const onEach = <T>(act: (redis: Redis) => Promise<T>): Promise<T[]> =>
      Promise.all(cluster.nodes.map(({ host, port }) => ask(`redis://${host}:${port}`, act)))
    await onEach((redis) => redis.call('ACL', 'SETUSER', name, ...rules, ...inCluster))
    const options = { ...place, url: `redis://${name}:${password}@ignored/0`, namespace: keyPrefix }
    const context = testContext()
    const events = await opened(eventTransport(context, options))
    const [rpcs, results] = [rpcTransport(context, options), resultTransport(context, options)]
    await Promise.all([opened(rpcs), opened(results)])
    const failOver = (): Promise<void> => cluster.switchOver('{cluster.b}')
    await throughFailover({ sender: events, hearer: events, addresses, failOver })
    await callThroughFailover({ rpcs, results, apiNames: ['b'], failOver: () => Promise.resolve() })
    const refused = (await onEach((redis) => redis.call('ACL', 'LOG'))) as readonly unknown[][]
    expect(refused.flat()).to.deep.equal([])
  })

  it('is refused for good when it does not know the password', async () => {
    const transport = rpcTransport(testContext(), { ...place, url: 'redis://some:body@ignored/0' })
    const error = await transport.open().catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
    expect(String(error)).to.contain('WRONGPASS')
  })

  it('does without the names of Python, which would be in different slots', async () => {
    const transport = rpcTransport(testContext(), { ...place, key_names: 'lightbus' })
    const error = await transport.open().catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
    expect(String(error)).to.contain('key_names: tagged')
  })
})

// Closes in the midst of the first look after the opening.
const closesAtALook = `
  const { Cluster } = await import('ioredis')
  const transport = transportModule.event.create(place, context)
  await transport.open()
  const { refreshSlotsCache: look } = Cluster.prototype
  await new Promise((resolve) => {
    Cluster.prototype.refreshSlotsCache = function (...args) {
      look.apply(this, args)
      resolve()
    }
  })
  console.log('looking')
  await transport.close()`
