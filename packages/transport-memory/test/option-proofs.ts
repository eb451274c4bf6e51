import {
  createCall,
  createEventMessage,
  createResult,
  isBusError,
  type EventMessage,
  type EventTransport,
  type TransportKind,
  type TransportOptions,
} from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { createMemoryBroker, inspectBroker } from '../src/index.ts'
import { address, heardBy, ProofBench, settled } from './proof-bench.ts'

/** That each option of the memory transport has an effect. */
export const optionProofs: OptionProofs = {
  ...placeProofs('event'),
  ...placeProofs('rpc'),
  ...placeProofs('result'),
  ...placeProofs('schema'),

  'event.max_message_bytes': proof((bench) =>
    expectLimit(async (options) => {
      const events = await bench.event(options)
      await events.send(eventNamed('x'.repeat(1_000)))
    }),
  ),

  'rpc.max_message_bytes': proof((bench) =>
    expectLimit(async (options) => {
      const rpcs = await bench.rpc(options)
      await rpcs.send({ ...callOf('x'.repeat(1_000)), returnPath: 'nowhere' }, { timeoutMs: 1_000 })
    }),
  ),

  'result.max_message_bytes': proof((bench) =>
    expectLimit(async (options) => {
      const results = await bench.result(options)
      const call = callOf('x')
      const { returnPath } = await results.expect(call)
      await results.send(createResult(call.id, { type: 'value', value: 'x'.repeat(1_000) }), returnPath)
    }),
  ),

  'event.max_stream_length': proof(async (bench) => {
    const [limited, unlimited] = [await bench.event({ max_stream_length: 2 }), await bench.event()]
    for (const id of ['a', 'b', 'c']) await unlimited.send(eventNamed(id))
    expect(await pastOf(unlimited)).to.deep.equal(['a', 'b', 'c'])
    await limited.send(eventNamed('d'))
    expect(await pastOf(limited)).to.deep.equal(['c', 'd'])
  }),

  'event.retention': proof(async (bench) => {
    expect(await keptWith(bench, 'safe')).to.deep.equal(['a', 'b', 'c'])
    expect(await keptWith(new ProofBench(), 'lossy')).to.deep.equal(['c'])
  }),

  'event.acknowledgement_timeout': proof(async (bench) => {
    const holder = await bench.event({ acknowledgement_timeout: 5 }, 'shop-1')
    const other = await bench.event({ acknowledgement_timeout: 5 }, 'shop-2')
    expect(holder.features.lease).to.equal(5_000)
    expect(await idsOf(await heardBy(holder))).to.deep.equal([])
    await holder.send(eventNamed('held'))
    const heard = await heardBy(other)
    bench.broker.chaos.freeze('shop-1')
    bench.clock.advance(4_000)
    expect(await idsOf(heard)).to.deep.equal([])
    bench.clock.advance(6_000)
    expect(await idsOf(heard)).to.deep.equal(['held'])
  }),

  'event.event_ttl': proof(async (bench) => {
    const [brief, lasting] = [await bench.event({ event_ttl: '1s' }), await bench.event()]
    await (await lasting.subscribe({ listenerName: 'mail', events: [address], prefetch: () => 1 })).close()
    await brief.send(eventNamed('expired'))
    await lasting.send(eventNamed('lasting'))
    bench.clock.advance(2_000)
    await brief.send(eventNamed('fresh'))
    expect(await idsOf(await heardBy(lasting))).to.deep.equal(['lasting', 'fresh'])
  }),

  'event.dedup_window': proof(async (bench) => {
    const [exact, forgetful] = [await bench.event({ dedup_window: '10s' }), await bench.event()]
    for (let count = 0; count < 2; count++) await exact.send(eventNamed('once'))
    for (let count = 0; count < 2; count++) await forgetful.send(eventNamed('twice'))
    bench.clock.advance(11_000)
    await exact.send(eventNamed('once'))
    expect(await pastOf(exact)).to.deep.equal(['once', 'twice', 'twice', 'once'])
  }),

  'event.chaos': proof(async (bench) => {
    const failing = await bench.event({ chaos: { seed: 1, fail_send: 1 } })
    expect(await codeOf(failing.send(eventNamed('a')))).to.equal('BUS_TRANSPORT_UNAVAILABLE')
    const repeating = await bench.event({ chaos: { seed: 1, duplicate: 1 } })
    await repeating.send(eventNamed('b'))
    expect(await pastOf(repeating)).to.deep.equal(['b', 'b'])
  }),

  'result.result_ttl': proof(async (bench) => {
    const caller = await bench.result({}, 'shop-1')
    const server = await bench.result({ result_ttl: '5s' }, 'shop-2')
    const call = callOf('x')
    const pending = await caller.expect(call)
    bench.broker.chaos.freeze('shop-1')
    await server.send(createResult(call.id, { type: 'value', value: 1 }), pending.returnPath)
    expect(bench.broker.inspect().keys.map(({ ttlMs }) => ttlMs)).to.deep.equal([5_000])
    bench.clock.advance(6_000)
    expect(bench.broker.inspect().keys).to.deep.equal([])
  }),
}

function proof(act: (bench: ProofBench) => Promise<void>): () => Promise<void> {
  return async () => {
    const bench = new ProofBench()
    try {
      await act(bench)
    } finally {
      await bench.close()
    }
  }
}

/** Where a transport leads, and that a broker that is given goes before the namespace. */
function placeProofs(kind: TransportKind): OptionProofs {
  return {
    [`${kind}.namespace`]: proof(async (bench) => {
      const namespace = `${bench.namespace}-other`
      const transport = await bench.any(kind, { namespace })
      expect(inspectBroker(namespace)?.inspect().connections).to.equal(1)
      expect(inspectBroker(bench.namespace)).to.equal(undefined)
      await transport.close()
      expect(inspectBroker(namespace)).to.equal(undefined)
    }),
    [`${kind}.broker`]: proof(async (bench) => {
      const broker = createMemoryBroker({ clock: bench.clock })
      const transport = await bench.any(kind, { broker })
      expect(broker.inspect().connections).to.equal(1)
      expect(inspectBroker(bench.namespace)).to.equal(undefined)
      await transport.close()
      expect(broker.inspect().connections).to.equal(0)
    }),
  }
}

/** Sends a message of about a thousand bytes, with limits that are smaller and greater. */
async function expectLimit(send: (options: TransportOptions) => Promise<void>): Promise<void> {
  await send({ max_message_bytes: 10_000 })
  expect(await codeOf(send({ max_message_bytes: 500 }))).to.equal('BUS_MESSAGE_TOO_LARGE')
}

/** What a group is given that was away while more was sent than is kept. */
async function keptWith(bench: ProofBench, retention: 'safe' | 'lossy'): Promise<readonly unknown[]> {
  const events = await bench.event({ max_stream_length: 1, retention })
  await (await events.subscribe({ listenerName: 'mail', events: [address], prefetch: () => 1 })).close()
  for (const id of ['a', 'b', 'c']) await events.send(eventNamed(id))
  const ids = await idsOf(await heardBy(events))
  await bench.close()
  return ids
}

async function pastOf(events: EventTransport): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { event } of events.history?.(address) ?? []) ids.push(event.id)
  return ids
}

async function idsOf(heard: Awaited<ReturnType<typeof heardBy>>): Promise<readonly unknown[]> {
  await settled()
  return heard.map(({ event }) => event?.id)
}

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  try {
    await act
  } catch (error) {
    return isBusError(error) ? error.code : error
  }
  return 'none'
}

function eventNamed(id: string): EventMessage {
  return createEventMessage({ ...address, id, parameters: {} })
}

function callOf(text: string) {
  return createCall({ apiName: address.apiName, procedureName: 'buy', parameters: { text } })
}
