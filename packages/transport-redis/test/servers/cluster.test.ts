import { createCall, createEventMessage, createResult } from '@lightbus/core/transport'
import { expect } from 'chai'
import {
  eventTransport,
  openedInTest,
  pulling,
  resultTransport,
  rpcTransport,
  schemaTransport,
  testContext,
  until,
} from '../redis-fixture.ts'
import { runKitAt } from './run-kit.ts'
import { startCluster, type Cluster } from './servers.ts'

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

  it('carries events of several APIs, also through the death of a master', async () => {
    const options = { ...place, reclaim_interval: '200ms', wait_replicas: { replicas: 1, timeout: '2s' } }
    const events = await opened(eventTransport(testContext(), options))
    const addresses = ['a', 'b', 'c', 'd'].map((name) => ({ apiName: `cluster.${name}`, eventName: 'e' }))
    const subscription = await events.subscribe({ listenerName: 'l', events: addresses, prefetch: () => 100 })
    const heard = new Set<string>()
    const deliveries = pulling((signal) => subscription.deliveries(signal))
    const hear = async (): Promise<void> => {
      for (;;) {
        const { event, receipt } = await deliveries.next()
        if (event) heard.add(event.id)
        await subscription.acknowledge(receipt).catch(() => undefined)
      }
    }
    hear().catch(() => undefined)

    const sent = new Set<string>()
    let isOver = false
    const failover = cluster.failover('{cluster.a}').finally(() => (isOver = true))
    let afterwards = 0
    while (!isOver || afterwards < 20) {
      for (const address of addresses) {
        const event = createEventMessage({ ...address, parameters: {} })
        const isSent = await events.send(event).then(
          () => true,
          () => false,
        )
        if (isSent) sent.add(event.id)
        if (isSent && isOver) afterwards += 1
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await failover
    await until('all that was sent is heard', () => [...sent].every((id) => heard.has(id)))
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

  it('does without the names of Python, which would be in different slots', async () => {
    const transport = rpcTransport(testContext(), { ...place, key_names: 'lightbus' })
    const error = await transport.open().catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_REDIS_REFUSED', retriable: false })
    expect(String(error)).to.contain('key_names: tagged')
  })
})
