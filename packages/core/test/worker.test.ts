import { defineApi, event, procedure } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { transportUnavailable } from '@lightbus/core/transport'
import { expect } from 'chai'
import { keptLog, rejection, ScriptedBroker, until } from './scripted-broker.ts'

const shop = defineApi('shop', {
  events: { opened: event({ secret: { type: 'string' } }) },
  procedures: { ask: procedure({}, { type: 'string' }) },
})
const scripted = { scripted: {} }
const config = {
  apis: { default: { event_transport: scripted, rpc_transport: scripted, result_transport: scripted } },
}

describe('the worker', () => {
  it('waits for a broker by the clock of the bus, and goes on when it comes', async () => {
    const clock = new VirtualClock()
    let isAway = true
    const { log, lines } = keptLog()
    await using bus = new ScriptedBroker({ isAway: () => isAway }).bus([shop], { clock, log })
    const started = bus.start()
    await until(() => clock.timers === 1, 'it waits')
    isAway = false
    clock.advanceToNext()
    await started
    expect(lines.map(({ message }) => message)).to.include('Reached nowhere')
  })

  it('starts again when the connection is lost while it gets ready', async () => {
    const clock = new VirtualClock()
    const { log, lines } = keptLog()
    let loads = 0
    const load = async () => {
      loads += 1
      if (loads === 1)
        throw transportUnavailable({ transport: 'scripted', address: 'nowhere', why: 'it is lost' })
      return []
    }
    await using bus = new ScriptedBroker({ load }).bus([shop], { clock, log })
    const started = bus.start()
    await until(() => clock.timers === 1, 'it waits')
    clock.advanceToNext()
    await started
    expect(loads).to.equal(2)
    expect(
      lines.map(({ message }) => message).filter((line) => line.startsWith('Starting again.')),
    ).to.have.lengthOf(1)
  })

  it('settles an event again that it could not settle, before it leaves that to a redelivery', async () => {
    const clock = new VirtualClock()
    let tries = 0
    const broker = new ScriptedBroker({ isDeaf: () => ++tries < 3 })
    await using bus = broker.bus([shop], { clock, log: keptLog().log })
    bus.serve(shop, { ask: () => 'x' })
    bus.shop.opened.listen(() => undefined, { listenerName: 'l' })
    await bus.start()
    await bus.shop.opened.fire({ secret: 'x' })
    while (broker.settled.length === 0) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advanceToNext()
    }
    expect([tries, broker.settled]).to.deep.equal([3, ['acknowledged']])
  })

  it('gives up after start_timeout, with the error of the transport, and leaves nothing behind', async () => {
    const clock = new VirtualClock()
    const { log } = keptLog()
    let opened = 0
    // The schema transport is reached, the one for events is not.
    const broker = new ScriptedBroker({ isAway: () => opened++ > 0 })
    const bus = broker.bus([shop], {
      clock,
      log,
      config: { ...config, bus: { start_timeout: '3s', schema: { transport: scripted } } },
    })
    bus.shop.opened.listen(() => undefined, { listenerName: 'l' })
    const began = clock.now()
    const failed = rejection(bus.start())
    let isOver = false
    void failed.then(() => (isOver = true))
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advanceToNext()
      expect(clock.now() - began).to.be.at.most(8_000)
    }
    expect(await failed).to.deep.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(clock.now() - began).to.equal(3_000)
    expect([broker.isOpen, clock.timers]).to.deep.equal([false, 0])
    await bus.stop()
  })

  it('says of a failure what failed and where, and never a value', async () => {
    const { log, lines } = keptLog()
    const broker = new ScriptedBroker()
    await using bus = broker.bus([shop], { log })
    bus.serve(shop, { ask: () => 'x' })
    const failure = Object.assign(new Error('no'), { request: { secret: 'hush' } })
    bus.shop.opened.listen(
      () => {
        throw failure
      },
      { listenerName: 'l' },
    )
    await bus.start()
    const { id } = await bus.shop.opened.fire({ secret: 'hush' }, { headers: { tenant: 'hush-too' } })
    await until(() => broker.settled.length === 1, 'it is given back')
    const failed = lines.find(({ level }) => level === 'error')
    const { err, ...facts } = (failed?.facts ?? {}) as { readonly err?: Error }
    expect(err).to.be.an.instanceOf(Error).and.include({ message: 'no', stack: failure.stack })
    expect(Object.keys(err ?? {})).to.deep.equal([])
    expect(facts).to.deep.equal({
      listener: 'l',
      attempt: 1,
      nativeId: `n-${id}`,
      event: 'shop.opened',
      id,
      headers: ['tenant'],
    })
    expect(JSON.stringify(lines)).to.not.contain('hush')
  })

  for (const ending of ['value', 'error'])
    it(`settles nothing once its stop was past the deadline, though the handler ends with a ${ending}`, async () => {
      const clock = new VirtualClock()
      const { log, lines } = keptLog()
      const broker = new ScriptedBroker()
      const bus = broker.bus([shop], { clock, log })
      bus.serve(shop, { ask: () => 'x' })
      let signal: AbortSignal | undefined
      let end: (() => void) | undefined
      bus.shop.opened.listen(
        (_, context) => {
          signal = context.signal
          return new Promise<void>((resolve, reject) => {
            end = () => (ending === 'value' ? resolve() : reject(new Error('too late')))
          })
        },
        { listenerName: 'l' },
      )
      await bus.start()
      await bus.shop.opened.fire({ secret: 'x' })
      await until(() => end !== undefined, 'the handler runs')
      const stopped = bus.stop()
      await until(() => clock.timers === 2, 'the stop waits, and the next round of schemas')
      clock.advance(9_999)
      expect(signal?.aborted).to.equal(false)
      clock.advance(1)
      await stopped
      expect(signal?.aborted).to.equal(true)
      end?.()
      await new Promise((resolve) => setImmediate(resolve))
      expect(broker.settled).to.deep.equal([])
      expect(lines.filter(({ level }) => level === 'error')).to.deep.equal([])
    })

  it('does not start with on_conflict error when another schema is alive, and leaves nothing behind', async () => {
    const clock = new VirtualClock()
    const replaced = { ...shop.schema, events: {} }
    const broker = new ScriptedBroker({ store: async () => ({ replaced }) })
    const bus = broker.bus([shop], {
      clock,
      config: { ...config, bus: { schema: { transport: scripted, on_conflict: 'error' } } },
    })
    bus.serve(shop, { ask: () => 'x' })
    expect((await rejection(bus.start())).code).to.equal('BUS_SCHEMA_CONFLICT')
    expect([broker.isOpen, clock.timers]).to.deep.equal([false, 0])
    await bus.stop()
  })
})
