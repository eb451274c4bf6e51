import { createCall, type RpcDelivery, type RpcMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { namespace, openedInTest, redis, rpcTransport, testContext, until } from './redis-fixture.ts'

const call = (apiName: string): RpcMessage => ({
  ...createCall({ apiName, procedureName: 'ask', parameters: {} }),
  returnPath: 'redis+key://nowhere',
})

describe('what becomes of calls over Redis', () => {
  const opened = openedInTest()
  const server = () => opened(rpcTransport(testContext()))

  it('is kept for a key: running, then the first outcome, for its time', async () => {
    const [one, other] = [(await server()).outcomes!, (await server()).outcomes!]
    const long = { ttlMs: 60_000 }
    expect(await one.claim('shop', 'k', long)).to.equal('mine')
    expect(await other.claim('shop', 'k', long)).to.equal('running')
    expect(await other.claim('shop', 'k2', long)).to.equal('mine')
    await one.record('shop', 'k', ['first'], long)
    await other.record('shop', 'k', 'second', long)
    await other.release('shop', 'k')
    expect(await other.claim('shop', 'k', long)).to.deep.equal({ value: ['first'] })
    await other.release('shop', 'k2')
    expect(await one.claim('shop', 'k2', { ttlMs: 7_000 })).to.equal('mine')
    for (const name of await redis.keys(`${namespace}lightbus:outcome:*`))
      expect(await redis.pttl(name)).to.be.within(1, name.includes('k2') ? 7_000 : 60_000)
  })

  it('ends where the caller cancels, whichever process executes them, and nothing of them stays', async () => {
    const caller = await server()
    const consumers = await Promise.all(
      ['a', 'b'].map(async () => (await server()).consume({ apiNames: ['end'], prefetch: () => 2 })),
    )
    const deliveries: RpcDelivery[] = []
    const stopping = new AbortController()
    const loops = consumers.map(async (consumer) => {
      for await (const delivery of consumer.calls(stopping.signal)) deliveries.push(delivery)
    })
    const calls = Array.from({ length: 4 }, () => call('end'))
    for (const one of calls) await caller.send(one, { timeoutMs: 5_000 })
    await until('all run', () => deliveries.length === 4)
    const signalOf = (one?: RpcMessage) => {
      const found = deliveries.find((delivery) => delivery.call?.id === one?.id)
      return (found as { cancelled?: AbortSignal } | undefined)?.cancelled
    }
    for (const one of calls.slice(1)) {
      const before = performance.now()
      await caller.cancel(one)
      await new Promise<void>((resolve) => {
        if (signalOf(one)?.aborted) resolve()
        else signalOf(one)?.addEventListener('abort', () => resolve())
      })
      expect(performance.now() - before).to.be.below(50)
    }
    expect(signalOf(calls[0])?.aborted).to.equal(false)
    for (const delivery of deliveries) delivery.done()
    await caller.cancel(calls[0]!)
    stopping.abort()
    await Promise.all([...loops, ...consumers.map((consumer) => consumer.close())])
    expect(signalOf(calls[0])?.aborted).to.equal(false)
    expect(await redis.keys(`${namespace}lightbus:running:*`)).to.deep.equal([])
  })
})
