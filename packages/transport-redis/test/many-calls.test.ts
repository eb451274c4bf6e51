import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defineApi, event, procedure } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { place, namespace, redis, until } from './redis-fixture.ts'
import { busAt, connectionsOf } from './whole-bus.ts'

const count = 10_000
// Of which many go to what the server has in its hands, as it is in the same process.
const mostKbPerCall = 25
const deadlineMs = 60_000

const many = defineApi('many', {
  events: { happened: event({ n: z.number() }) },
  procedures: { double: procedure({ n: z.number() }, z.number()) },
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapKb(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1_024
}

describe('ten thousand calls that are under way at once', () => {
  const closing: { stop(): Promise<unknown> }[] = []
  afterEach(() => Promise.all(closing.splice(0).map((bus) => bus.stop())))

  /** A caller that also listens, and a server that answers nothing before it is let. */
  async function stage() {
    let answer: () => void = () => undefined
    const mayAnswer = new Promise<void>((resolve) => (answer = resolve))
    const heard: number[] = []
    const [server, caller] = [busAt(place, 'server', [many]), busAt(place, 'caller', [many])]
    closing.push(caller, server)
    server.serve(many, { double: ({ n }) => mayAnswer.then(() => 2 * n) })
    caller.many.happened.listen(({ n }) => heard.push(n), { listenerName: 'l' })
    await Promise.all([server.start(), caller.start()])
    return { server, caller, heard, answer }
  }

  it('are all answered over the three connections of their caller', async function () {
    this.timeout(3 * deadlineMs)
    const { server, caller, heard, answer } = await stage()
    let mostConnections = 0
    const look = async (): Promise<void> => {
      mostConnections = Math.max(mostConnections, (await connectionsOf(redis, 'caller')).length)
    }
    const beforeKb = heapKb()
    let answered = 0
    const calls = Array.from({ length: count }, async (_, n) => {
      const value = await caller.many.double({ n })
      answered += 1
      return value
    })
    const all = Promise.all(calls)
    const isSent = async (): Promise<boolean> => {
      await look()
      // The server has a hundred in its hands.
      return (await redis.llen(`${namespace}many:lightbus:calls`)) >= count - 100
    }
    await until('all wait at the server', isSent, deadlineMs)
    expect(answered, 'how many were answered before all were sent').to.equal(0)
    expect((heapKb() - beforeKb) / count, 'kilobytes for each call').to.be.below(mostKbPerCall)

    await server.many.happened.fire({ n: 1 })
    await until('the caller hears meanwhile', () => heard.length === 1)
    answer()
    const isAnswered = async (): Promise<boolean> => {
      await look()
      return answered === count
    }
    await until('all are answered', isAnswered, deadlineMs)
    expect(await all).to.deep.equal(Array.from({ length: count }, (_, n) => 2 * n))
    expect(mostConnections).to.equal(3)
    expect(await redis.keys(`${namespace}*rpc_expiry_key*`), 'what is left of the calls').to.deep.equal([])
    expect((heapKb() - beforeKb) / count, 'kilobytes that stay of each call').to.be.below(mostKbPerCall / 5)
  })
})
