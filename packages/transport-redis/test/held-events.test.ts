import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { renewScript } from '../src/event-scripts.ts'
import { eventTransport, openedInTest, pulling, redis, testContext } from './redis-fixture.ts'

const address = { apiName: 'held', eventName: 'e' }
const count = 1_000

describe('what a subscription holds when it is closed', () => {
  const opened = openedInTest()

  it('is given back in portions, none of which holds up the server', async () => {
    const [hearer, sender] = [eventTransport(testContext()), await opened(eventTransport(testContext()))]
    await hearer.open()
    const subscription = await hearer.subscribe({
      listenerName: 'l',
      events: [address],
      prefetch: () => count,
    })
    const deliveries = pulling((signal) => subscription.deliveries(signal))
    const events = Array.from({ length: count }, () => createEventMessage({ ...address, parameters: {} }))
    await Promise.all(events.map((event) => sender.send(event)))
    for (const _ of events) await deliveries.next()

    const monitor = await redis.monitor()
    const portions: string[][] = []
    monitor.on('monitor', (_time: string, words: string[]) => {
      if (words[1] === renewScript.sha || words[1] === renewScript.lua) portions.push(words)
    })
    await hearer.close()
    // What was asked before this has been told by then.
    const over = new Promise<void>((resolve) =>
      monitor.on('monitor', (_time: string, words: string[]) => {
        if (words[1] === 'over') resolve()
      }),
    )
    await redis.echo('over')
    await over
    monitor.disconnect()
    const given = portions.flatMap((words) => words.filter((word) => /^\d+-\d+$/.test(word)))
    expect(new Set(given).size).to.equal(count)
    for (const words of portions) expect(words.length).to.be.below(300)
  })
})
