import { createServer } from 'node:net'
import { createEventMessage } from '@lightbus/core/transport'
import { expect } from 'chai'
import { listenOnFreePort } from '../kit/free-port.ts'
import {
  collected,
  eventTransport,
  openedInTest,
  resultTransport,
  rpcTransport,
  testContext,
} from '../redis-fixture.ts'
import { callThroughFailover } from './call-through-failover.ts'
import { keepsBusy, opensAndCloses, startChild } from './child.ts'
import { startSentinel, type Sentinel } from './servers.ts'
import { throughFailover } from './through-failover.ts'

const address = { apiName: 'watched', eventName: 'e' }

describe('the Redis transport with sentinels', function () {
  this.timeout(90_000)
  let sentinel: Sentinel
  before(async () => (sentinel = await startSentinel()))
  after(() => sentinel?.stop())
  const opened = openedInTest()

  const place = () => ({ sentinels: sentinel.sentinels, sentinel_name: sentinel.name })
  it('follows a failover, and loses nothing that a replica has', async () => {
    await losesNothing({ replicas: 1, timeout: '2s' }, () => sentinel.failover())
  })

  // Until the last replica has left it, a primary that was replaced goes on taking writes that will be lost.
  it('follows a change of the primary by hand, and loses nothing that all replicas have', async () => {
    await losesNothing({ replicas: 2, timeout: '2s' }, () => sentinel.switchOver())
  })

  it('goes on with calls after the primary was changed by hand, and executes none twice', async () => {
    const context = testContext()
    const rpcs = await opened(rpcTransport(context, place()))
    const results = await opened(resultTransport(context, place()))
    await callThroughFailover({ rpcs, results, apiNames: ['a', 'b'], failOver: () => sentinel.switchOver() })
  })

  it('prints nothing through a failover, and lets the process end', async () => {
    const child = startChild(place(), keepsBusy)
    await child.says('sending')
    await sentinel.failover()
    expect(await child.ended()).to.equal('sending\n')
  })

  it('does not wait for a sentinel that says nothing', async () => {
    const silent = createServer(() => undefined)
    const mute = { host: '127.0.0.1', port: await listenOnFreePort(silent) }
    try {
      for (const sentinels of [[mute, ...sentinel.sentinels], [mute]]) {
        const printed = await startChild({ ...place(), sentinels }, opensAndCloses).ended()
        expect(printed).to.equal(sentinels.length > 1 ? 'open\n' : 'BUS_TRANSPORT_UNAVAILABLE\n')
      }
    } finally {
      silent.close()
    }
  })

  it('refuses to count an event as sent that too few replicas have', async () => {
    const transport = await opened(
      eventTransport(testContext(), { ...place(), wait_replicas: { replicas: 9, timeout: 0.05 } }),
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

  async function losesNothing(wait_replicas: object, failOver: () => Promise<void>): Promise<void> {
    const times = { reclaim_interval: '200ms', acknowledgement_timeout: '1s' }
    const options = { ...place(), ...times, wait_replicas }
    const sender = await opened(eventTransport(testContext(), options))
    const hearer = await opened(eventTransport(testContext(), options))
    const sent = await throughFailover({ sender, hearer, addresses: [address], failOver })
    const history = await collected(sender.history!(address))
    expect(history.map(({ event }) => event.id)).to.include.members(sent)
  }
})

function event() {
  return createEventMessage({ ...address, parameters: {} })
}
