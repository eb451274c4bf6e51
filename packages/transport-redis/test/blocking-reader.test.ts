import { expect } from 'chai'
import { BlockingReader } from '../src/blocking-reader.ts'
import { redis, until } from './redis-fixture.ts'

describe('a read that waits at Redis', () => {
  it('is no longer there to be ended when it has failed, though its connection is not back', async () => {
    let losses = 0
    const client = redis.duplicate({ lazyConnect: true })
    const reader = new BlockingReader(
      () => Promise.resolve({ client, waker: redis }),
      () => (losses += 1),
    )
    let fail: (() => void) | undefined
    const reading = reader.read(
      () => new Promise<never>((_, reject) => (fail = () => reject(new Error('as it happens')))),
    )
    await until('it reads', () => fail !== undefined)
    const unblocked = reader.unblock()
    fail?.()
    // Whoever waited on by itself would never let a timer run.
    await unblocked
    await reader.unblock()
    expect(await reading).to.equal(undefined)
    expect(losses).to.equal(1)
    await reader.close()
  })

  it('leaves no connection whose number Redis has not told', async () => {
    const client = redis.duplicate({ lazyConnect: true })
    Object.assign(client, { client: () => Promise.reject(new Error('READONLY for now')) })
    const reader = new BlockingReader(
      () => Promise.resolve({ client, waker: redis }),
      () => undefined,
    )
    expect(await reader.read(() => Promise.resolve('read'))).to.equal(undefined)
    await reader.close()
    await until('the connection is closed', () => client.status === 'end')
  })
})
