import { setTimeout as pause } from 'node:timers/promises'
import { createEventMessage, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import { collected, eventTransport, openedInTest, pulling, testContext, until } from '../redis-fixture.ts'
import { startSentinel, type Sentinel } from './servers.ts'

const address = { apiName: 'watched', eventName: 'e' }

describe('the Redis transport with sentinels', function () {
  this.timeout(90_000)
  let sentinel: Sentinel
  before(async () => (sentinel = await startSentinel()))
  after(() => sentinel?.stop())
  const opened = openedInTest()

  it('follows a failover, and loses nothing that the replicas had', async () => {
    const options = {
      url: 'redis://ignored/0',
      sentinels: sentinel.sentinels,
      sentinel_name: sentinel.name,
      wait_replicas: { replicas: 1, timeout: '2s' },
      reclaim_interval: '200ms',
      acknowledgement_timeout: '1s',
    }
    const [sender, hearer] = [eventTransport(testContext(), options), eventTransport(testContext(), options)]
    await opened(sender)
    await opened(hearer)
    const subscription = await hearer.subscribe({ listenerName: 'l', events: [address], prefetch: () => 100 })
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
    const failover = sentinel.failover().finally(() => (isOver = true))
    let afterwards = 0
    while (!isOver || afterwards < 20) {
      const id = await sendSome(sender)
      if (id !== undefined) sent.add(id)
      if (id !== undefined && isOver) afterwards += 1
      await pause(5)
    }
    await failover
    await until('all that was sent is heard', () => [...sent].every((id) => heard.has(id)))
    const history = await collected(sender.history!(address))
    expect(history.map(({ event }) => event.id)).to.include.members([...sent])
  })

  it('refuses to count an event as sent that too few replicas have', async () => {
    const transport = await opened(
      eventTransport(testContext(), {
        sentinels: sentinel.sentinels,
        sentinel_name: sentinel.name,
        wait_replicas: { replicas: 9, timeout: 0.05 },
      }),
    )
    const error = await transport.send(event()).catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(String(error)).to.match(/\d of 9 replicas/)
  })

  it('says where it looked when there is no sentinel', async () => {
    const transport = eventTransport(testContext(), { sentinels: [{ host: '127.0.0.1', port: 1 }] })
    const error = await transport.open().catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(String(error)).to.contain('redis+sentinel://127.0.0.1:1/mymaster')
  })
})

/** The id of an event that is certain to be kept; undefined when it is not. */
async function sendSome(sender: EventTransport): Promise<string | undefined> {
  const one = event()
  return sender.send(one).then(
    () => one.id,
    () => undefined,
  )
}

function event() {
  return createEventMessage({ ...address, parameters: {} })
}
