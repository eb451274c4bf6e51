import { expect } from 'chai'
import sinon from 'sinon'
import { oneWriteATurn, writeNow } from '../src/one-write.ts'
import { namespace, redis } from './redis-fixture.ts'

describe('a client with one write a turn', () => {
  it('sends what is asked for in a turn in one write, in its order', async () => {
    const client = oneWriteATurn(redis.duplicate())
    try {
      await client.ping()
      const { stream } = client
      const written = sinon.spy(stream, '_writev' as never)
      const key = `${namespace}turn`
      const replies = await Promise.all([
        client.rpush(key, 'a'),
        client.rpush(key, 'b'),
        client.lrange(key, 0, -1),
      ])
      expect(replies).to.deep.equal([1, 2, ['a', 'b']])
      expect(written.callCount).to.equal(1)
    } finally {
      client.disconnect()
    }
  })

  it('sends it before the turn is over when it is told to', async () => {
    const client = oneWriteATurn(redis.duplicate())
    try {
      await client.ping()
      const reply = client.ping()
      expect(client.stream.writableCorked).to.equal(1)
      writeNow(client)
      expect(client.stream.writableCorked).to.equal(0)
      expect(await reply).to.equal('PONG')
    } finally {
      client.disconnect()
    }
  })

  it('is as any other while it has no connection', async () => {
    const client = oneWriteATurn(redis.duplicate({ lazyConnect: true, enableOfflineQueue: true }))
    try {
      expect(await client.ping()).to.equal('PONG')
    } finally {
      client.disconnect()
    }
  })
})
