import { expect } from 'chai'
import { Cluster as ClusterClient, Redis } from 'ioredis'
import { until } from '../redis-fixture.ts'
import { startCluster, startSentinel } from './servers.ts'

const key = 'kept'

describe('the servers to test on', function () {
  this.timeout(60_000)
  const stops: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  it('have a Sentinel that replaces a primary that dies', async () => {
    const sentinel = await startSentinel()
    stops.push(() => sentinel.stop())
    const client = new Redis({ sentinels: [...sentinel.sentinels], name: sentinel.name })
    stops.push(() => client.disconnect())
    client.on('error', () => undefined)
    await client.set(key, 'before')
    await client.wait(2, 5_000)
    const before = await sentinel.primary()

    await sentinel.failover()
    expect(await sentinel.primary()).not.to.deep.equal(before)
    await until('the client has followed', () => client.get(key).then((value) => value === 'before'))
    expect(await client.set(key, 'after')).to.equal('OK')
  })

  it('have a Cluster in which a replica replaces a master that dies', async () => {
    const cluster = await startCluster()
    stops.push(() => cluster.stop())
    const client = new ClusterClient([...cluster.nodes])
    stops.push(() => client.disconnect())
    client.on('error', () => undefined)
    for (const name of ['a', 'b', 'c', key]) await client.set(name, 'before')
    const masters = client.nodes('master')
    expect(masters).to.have.length(3)
    for (const master of masters) await master.wait(1, 5_000)

    await cluster.failover(key)
    for (const name of ['a', 'b', 'c', key]) {
      await until(`${name} is there`, async () => (await client.get(name)) === 'before')
      expect(await client.set(name, 'after')).to.equal('OK')
    }
  })
})
