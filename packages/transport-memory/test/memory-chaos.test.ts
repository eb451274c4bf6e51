import { createEventMessage, createResult, type TransportNotice } from '@lightbus/core/transport'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'
import { SeededChaos } from '../src/seeded-chaos.ts'
import { callTo, rejection, taken, testBroker, testProcess } from './processes.ts'

const soon = { timeoutMs: 60_000 }
const unavailable = { code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true }
const refused = { code: 'BUS_TRANSPORT_REFUSED', retriable: false }
const one = (callId: string) => createResult(callId, { type: 'value', value: 1 })

describe('chaos in the memory transport', () => {
  const { clock, broker } = testBroker()
  const { chaos } = broker
  const caller = testProcess(broker, 'caller')
  const never = new AbortController().signal

  beforeEach(() => {
    caller.notices.length = 0
    return caller.open()
  })
  afterEach(async () => {
    await caller.close()
    broker.wipe()
    expect(broker.inspect()).to.deep.include({ connections: 0, keys: [], timers: 0 })
  })

  const typesOf = (notices: readonly TransportNotice[]) => new Set(notices.map(({ type }) => type))
  const send = () => caller.rpc.send(callTo('busy'), soon)

  it('loses a cut connection, tells once, and has it back a little later', async () => {
    chaos.cut()
    chaos.cut()
    expect(await rejection(send())).to.deep.include(unavailable)
    expect(await caller.rpc.health()).to.deep.equal({ isUp: false, why: 'the connection was cut' })
    clock.advance(10)
    expect(await send()).to.equal('none')
    expect(caller.notices.map(({ type }) => type)).to.deep.equal([
      ...Array<string>(3).fill('connection-lost'),
      ...Array<string>(3).fill('connection-back'),
    ])
    expect(await caller.rpc.health()).to.deep.equal({ isUp: true })
  })

  it('refuses connections until it is told to stop, and those that open as well', async () => {
    const allow = chaos.refuse()
    clock.advance(60_000)
    const late = testProcess(broker, 'late')
    expect(await rejection(late.rpc.open())).to.deep.include(unavailable)
    expect(await rejection(send())).to.deep.include(unavailable)
    allow()
    clock.advance(10)
    expect(await send()).to.equal('none')
  })

  it('is back after a restart, with what it had', async () => {
    await send()
    chaos.restart()
    expect(await rejection(send())).to.deep.include(unavailable)
    clock.advance(100)
    await send()
    expect(broker.inspect().keys).to.have.length(2)
  })

  it('carries nothing to a silent broker, and is lost after a second of silence', async () => {
    const speak = chaos.silence('to-broker')
    const error = rejection(send())
    clock.advance(1_000)
    expect(await error).to.deep.include(unavailable)
    expect([...typesOf(caller.notices)]).to.deep.equal(['connection-lost'])
    expect(broker.inspect().keys).to.deep.equal([])
    speak()
    clock.advance(10)
    expect(await caller.rpc.health()).to.deep.equal({ isUp: true })
  })

  it('does as it is asked when only its replies are lost', async () => {
    chaos.dropNextReply()
    expect(await rejection(send())).to.deep.include(unavailable)
    const speak = chaos.silence('from-broker')
    const error = rejection(send())
    expect(broker.inspect().keys).to.have.length(2)
    clock.advance(999)
    speak()
    clock.advance(1)
    expect(await error).to.deep.include(unavailable)
    expect(caller.notices).to.deep.equal([])
    await send()
  })

  it('counts nobody as a server who was not told so', async () => {
    chaos.dropNextReply()
    const request = { apiNames: ['busy'], prefetch: () => 1 }
    expect(await rejection(caller.rpc.consume(request))).to.deep.include(unavailable)
    expect(await send()).to.equal('none')
  })

  it('does not leave a request waiting when the transport is closed', async () => {
    const speak = chaos.silence('from-broker')
    const error = rejection(send())
    await caller.close()
    expect(await error).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
    speak()
  })

  it('fails every request in the way it was told', async () => {
    const kinds = ['loading', 'reset', 'refused', 'out-of-memory', 'read-only'] as const
    for (const [kind, expected] of [
      ...kinds.map((retriable) => [retriable, unavailable] as const),
      ['wrong-type', refused] as const,
      ['credentials', refused] as const,
    ]) {
      const end = chaos.fail(kind)
      expect(await rejection(send()), kind).to.deep.include(expected)
      expect(await caller.rpc.health()).to.have.property('isUp', false)
      end()
    }
    expect(await send()).to.equal('none')
  })

  it('refuses to be opened, and leaves nothing behind', async () => {
    const late = testProcess(broker, 'late')
    for (const [begin, expected] of [
      [() => chaos.refuseOpening('credentials'), refused],
      [() => chaos.refuseOpening('permission'), refused],
      [() => chaos.refuseOpening('host'), unavailable],
      [() => chaos.lack('streams'), refused],
    ] as const) {
      const end = begin()
      expect(await rejection(late.rpc.open())).to.deep.include(expected)
      end()
    }
    const end = chaos.lack('streams')
    expect(await rejection(late.rpc.open()))
      .to.have.property('message')
      .that.includes('streams')
    end()
    await send()
    expect(broker.inspect().connections).to.equal(3)
  })

  it('delivers calls and results that have come while the connection was lost', async () => {
    const call = callTo('busy')
    const pending = await caller.result.expect(call)
    const consumer = await caller.rpc.consume({ apiNames: ['busy'], prefetch: () => 1 })
    const served = taken(consumer.calls(never)[Symbol.asyncIterator]())
    chaos.cut()
    const other = testProcess(broker, 'other')
    await other.open()
    expect(await other.rpc.send(call, soon)).to.equal('some')
    await other.result.send(one(call.id), pending.returnPath)
    await other.result.send(one(call.id), pending.returnPath)
    expect(broker.inspect().keys).to.have.length(3)
    clock.advance(10)
    expect((await served).call?.id).to.equal(call.id)
    expect(await pending.receive(never)).to.have.property('callId', call.id)
    expect(broker.inspect().keys).to.deep.equal([])
    await other.close()
  })

  it('fails what waits for a result when the broker is wiped, also while it is away', async () => {
    for (const away of [() => {}, () => chaos.cut()]) {
      const before = await caller.result.expect(callTo('busy'))
      away()
      chaos.wipe()
      clock.advance(10)
      expect(await rejection(before.receive(never))).to.have.property('code', 'BUS_RESULT_PATH_LOST')
      const call = callTo('busy')
      const after = await caller.result.expect(call)
      await caller.result.send(one(call.id), after.returnPath)
      await after.receive(never)
    }
  })

  it('holds the acts of a frozen process until it is thawed', async () => {
    chaos.freeze('caller')
    let isSent = false
    const sent = send().then(() => (isSent = true))
    const other = testProcess(broker, 'other')
    await other.open()
    await other.rpc.send(callTo('quiet'), soon)
    expect([isSent, broker.inspect().keys.length]).to.deep.equal([false, 1])
    chaos.thaw('caller')
    await sent
    expect(broker.inspect().keys).to.have.length(2)
    await other.close()
  })

  it('lets a crashed process keep what it had taken, and serve no more', async () => {
    const doomed = testProcess(broker, 'doomed')
    await doomed.open()
    const consumer = await doomed.rpc.consume({ apiNames: ['busy'], prefetch: () => 1 })
    const calls = consumer.calls(never)[Symbol.asyncIterator]()
    expect(await send()).to.equal('some')
    await taken(calls)
    const { returnPath } = await doomed.result.expect(callTo('busy'))
    chaos.crash('doomed')
    expect(broker.inspect()).to.deep.include({ connections: 3, keys: [] })
    expect(await send()).to.equal('none')
    await caller.result.send(one('a'), returnPath)
    const before = broker.inspect()
    await consumer.close()
    await doomed.close()
    expect(broker.inspect()).to.deep.equal(before)
    expect(await rejection(doomed.rpc.open())).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
  })

  it('goes back to what a stale replica knows of schemas', async () => {
    const schema = { apiName: 'busy', events: {}, rpcs: {} }
    const rollBack = chaos.checkpoint()
    await caller.schema.store(schema, { ttlMs: undefined })
    rollBack()
    clock.advance(10)
    expect(await caller.schema.load()).to.deep.equal([])
  })
})

describe('seeded chaos', () => {
  const often = { duplicate: 0.5, reorder: 0.5, delay: 0.5, drop_connection: 0.5, fail_send: 0.5 }
  const drawn = (seed: number, options: object) => {
    const chaos = new SeededChaos({ seed, ...options })
    return Array.from({ length: 100 }, () => chaos.next())
  }

  it('decides the same for the same seed, and otherwise for another', () => {
    expect(drawn(1, often)).to.deep.equal(drawn(1, often))
    expect(drawn(1, often)).to.not.deep.equal(drawn(2, often))
  })

  it('decides each mishap for itself, as often as it was told', () => {
    const fails = (options: object) => drawn(7, options).map((mishap) => mishap.fails)
    expect(fails({ fail_send: 0.5 })).to.deep.equal(fails(often))
    expect(fails({ fail_send: 0 })).to.not.include(true)
    expect(fails({ fail_send: 1 })).to.not.include(false)
    expect(drawn(3, { delay: 1 }).every(({ delayMs }) => delayMs >= 1 && delayMs <= 50)).to.equal(true)
  })
})

describe('seeded chaos of events', () => {
  const address = { apiName: 'shop.orders', eventName: 'placed' }
  const eventOf = (id: string) => createEventMessage({ id, ...address, parameters: {} })
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

  /** Fires eight events at once; tells in which order which were heard, and how many could not be sent. */
  async function eventsUnder(chaos: object) {
    const { clock, broker } = testBroker()
    const notices: TransportNotice[] = []
    const context = {
      serviceName: 'shop',
      processName: 'one',
      clock,
      report: (notice: TransportNotice) => void notices.push(notice),
    }
    const transport = transportModule.event.create({ broker, chaos, dedup_window: 60 }, context)
    await transport.open()
    const subscription = await transport.subscribe({
      listenerName: 'mail',
      events: [address],
      prefetch: () => 100,
    })
    const heard: (string | undefined)[] = []
    const listening = new AbortController()
    const loop = (async () => {
      for await (const { event, receipt } of subscription.deliveries(listening.signal)) {
        heard.push(event?.id)
        await subscription.acknowledge(receipt)
      }
    })()
    const sent = Promise.allSettled(ids.map((id) => transport.send(eventOf(id))))
    clock.advance(100)
    const failures = (await sent).filter(({ status }) => status === 'rejected')
    await subscription.drained?.()
    listening.abort()
    await loop
    await transport.close()
    return { heard, failures, notices }
  }

  it('changes nothing where nothing is to happen', async () => {
    expect(await eventsUnder({ seed: 1 })).to.deep.equal({ heard: ids, failures: [], notices: [] })
  })

  it('delivers events twice', async () => {
    const { heard } = await eventsUnder({ seed: 1, duplicate: 1 })
    expect(heard).to.deep.equal(ids.flatMap((id) => [id, id]))
  })

  it('lets events overtake each other, the same ones for the same seed', async () => {
    const { heard } = await eventsUnder({ seed: 5, reorder: 0.5 })
    expect(heard).to.have.members(ids)
    expect(heard).to.not.deep.equal(ids)
    expect((await eventsUnder({ seed: 5, reorder: 0.5 })).heard).to.deep.equal(heard)
    const late = await eventsUnder({ seed: 5, delay: 1 })
    expect(late.heard).to.have.members(ids)
  })

  it('fails sendings and loses connections', async () => {
    const failing = await eventsUnder({ seed: 1, fail_send: 1 })
    expect(failing).to.deep.include({ heard: [], notices: [] })
    expect(failing.failures).to.have.length(ids.length)
    const lossy = await eventsUnder({ seed: 1, drop_connection: 1 })
    expect([lossy.heard.length, lossy.failures.length]).to.deep.equal([0, ids.length])
    expect(lossy.notices.map(({ type }) => type)).to.deep.equal(['connection-lost', 'connection-back'])
  })
})
