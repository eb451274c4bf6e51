import { createEventMessage } from '@lightbus/core/transport'
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
  url,
} from './redis-fixture.ts'
import { SilentProxy } from './silent-proxy.ts'

describe('the health of the Redis transports', () => {
  const opened = openedInTest()
  let proxy: SilentProxy
  before(async () => {
    proxy = await SilentProxy.to(url)
  })
  after(() => proxy.close())

  it('is up when open, and down before and afterwards', async () => {
    for (const make of [eventTransport, rpcTransport, resultTransport, schemaTransport]) {
      const transport = make(testContext())
      expect(await transport.health()).to.have.property('isUp', false)
      await opened(transport)
      expect(await transport.health()).to.deep.equal({ isUp: true })
      await transport.close()
      expect(await transport.health()).to.have.property('isUp', false)
    }
  })

  it('is down within about a second when Redis does not answer, and recovers', async () => {
    const transport = await opened(schemaTransport(testContext(), { url: proxy.url }))
    proxy.silence()
    const started = Date.now()
    const health = await transport.health()
    expect(health.isUp).to.equal(false)
    expect((health as { why: string }).why).to.contain('no answer within 1000 ms')
    expect(Date.now() - started).to.be.within(990, 2_000)
    proxy.speak()
    await until('it is up', async () => (await transport.health()).isUp)
  })

  it('is down when events are not heard although Redis answers, and recovers', async function () {
    this.timeout(25_000)
    const transport = await opened(eventTransport(testContext(), { url: proxy.url }))
    proxy.isSilentToNew = true
    const events = [{ apiName: 'deaf', eventName: 'e' }]
    const subscription = await transport.subscribe({ listenerName: 'l', events, prefetch: () => 1 })
    const heard = pulling((signal) => subscription.deliveries(signal)).next()
    expect(await transport.health()).to.deep.equal({ isUp: true })
    await until('it is down', async () => !(await transport.health()).isUp)
    expect(await transport.health())
      .to.have.property('why')
      .that.contains('waits for events')
    proxy.isSilentToNew = false
    await until('it is up', async () => (await transport.health()).isUp)
    const event = createEventMessage({ apiName: 'deaf', eventName: 'e', parameters: {} })
    await transport.send(event)
    expect((await heard).event?.id).to.equal(event.id)
  })
})
