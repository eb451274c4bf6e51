import {
  createResult,
  isBusError,
  type EventTransport,
  type TransportOptions,
} from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { placeOptionProofs } from './place-options-proofs.ts'
import { placeProofs } from './place-proofs.ts'
import { pythonProofs } from './python-proofs.ts'
import { address, callOf, eventNamed, listener, ProofBench } from './proof-bench.ts'

const leaseMs = 300

/** That each option of the Redis transport has an effect, in what it does or in what it asks of Redis. */
export function optionProofs(directUrl: () => string): OptionProofs {
  const proof = (act: (bench: ProofBench) => Promise<void>) => async (): Promise<void> => {
    const bench = await ProofBench.at(directUrl())
    try {
      await act(bench)
    } finally {
      await bench.close()
    }
  }
  return Object.fromEntries([
    ...Object.entries(placeProofs(proof)),
    ...Object.entries(placeOptionProofs(proof)),
    ...Object.entries(pythonProofs(proof)),
    ...Object.entries(proofs).map(([name, act]) => [name, proof(act)] as const),
  ])
}

const proofs: Readonly<Record<string, (bench: ProofBench) => Promise<void>>> = {
  'event.max_message_bytes': (bench) =>
    expectLimit(async (options) => {
      const events = await bench.event(options)
      await events.send(eventNamed('x'.repeat(1_000)))
    }),

  'rpc.max_message_bytes': (bench) =>
    expectLimit(async (options) => {
      const rpcs = await bench.rpc(options)
      await rpcs.send(callOf('x'.repeat(1_000)), { timeoutMs: 1_000 })
    }),

  'result.max_message_bytes': (bench) =>
    expectLimit(async (options) => {
      const results = await bench.result(options)
      const call = callOf('x')
      const { returnPath } = await results.expect(call)
      await results.send(createResult(call.id, { type: 'value', value: 'x'.repeat(1_000) }), returnPath)
    }),

  'rpc.batch_size': async (bench) => {
    expect(await mostCallsAtOnce(bench, 3), 'with a batch of 3').to.be.within(1, 3)
    expect(await mostCallsAtOnce(bench, 50), 'with a batch of 50').to.be.above(3)
  },

  'event.batch_size': async (bench) => {
    const events = await bench.event({ batch_size: 3 })
    await send(events, 10)
    const heard = await bench.heard(events, 'beginning')
    await bench.until('all is heard', () => heard.length === 10)
    expect(countsOfNew(bench)).to.deep.equal(['3'])
  },

  'event.reclaim_batch_size': async (bench) => {
    const events = await bench.event({ reclaim_batch_size: 7 })
    await bench.heard(events)
    const pages = (): readonly unknown[] => bench.sent.flatMap(({ words }) => pageSizeOf(words))
    await bench.until('it looks at what is pending', () => pages().length > 0)
    expect(new Set(pages())).to.deep.equal(new Set(['7']))
  },

  'event.acknowledgement_timeout': async (bench) => {
    const options = { acknowledgement_timeout: leaseMs / 1_000, reclaim_interval: 0.05 }
    const { ms, lease } = await takenOver(bench, options)
    expect(lease).to.equal(leaseMs)
    expect(ms, 'milliseconds until it is taken over').to.be.at.least(leaseMs)
  },

  'event.reclaim_interval': async (bench) => {
    const options = { acknowledgement_timeout: leaseMs / 1_000, reclaim_interval: 0.05 }
    // Without the option nobody looks again for four seconds.
    expect((await takenOver(bench, options)).ms).to.be.below(3_000)
  },

  'event.max_stream_length': async (bench) => {
    expect(await lengthOf(bench, { max_stream_length: 10 })).to.be.below(300)
    expect(await lengthOf(bench, {})).to.equal(300)
  },

  'event.retention': async (bench) => {
    await isUnheard(bench)
    expect(await lengthOf(bench, { max_stream_length: 10, retention: 'lossy' })).to.be.below(300)
    expect(await lengthOf(bench, { max_stream_length: 10, retention: 'safe' })).to.equal(300)
  },

  'event.max_unfinished_length': async (bench) => {
    await isUnheard(bench)
    expect(await lengthOf(bench, { max_stream_length: 10, max_unfinished_length: 20 })).to.be.below(300)
    expect(await lengthOf(bench, { max_stream_length: 10 })).to.equal(300)
  },

  'event.stream_use': async (bench) => {
    for (const [use, part] of [
      ['per_event', 'placed'],
      ['per_api', '*'],
    ] as const) {
      const name = `${bench.namespace}shop.orders.${part}:stream`
      expect(await bench.ask((redis) => redis.exists(name))).to.equal(0)
      await (await bench.event({ stream_use: use })).send(eventNamed('a'))
      expect(await bench.ask((redis) => redis.xlen(name))).to.equal(1)
    }
  },

  'event.service_name': async (bench) => {
    await bench.heard(await bench.event({ service_name: 'till' }))
    const groups = await bench.ask((redis) => redis.xinfo('GROUPS', stream(bench)))
    expect(JSON.stringify(groups)).to.include('"till-mail"').and.not.to.include('"shop-mail"')
  },

  'event.consumer_name': async (bench) => {
    const events = await bench.event({ consumer_name: 'till-1' })
    const heard = await bench.heard(events)
    await events.send(eventNamed('a'))
    await bench.until('it is heard', () => heard.length === 1)
    const members = await bench.ask((redis) => redis.xinfo('CONSUMERS', stream(bench), 'shop-mail'))
    expect(members).to.have.lengthOf(1)
    expect(JSON.stringify(members)).to.include('"till-1"')
  },

  'event.consumption_restart_delay': async (bench) => {
    await bench.heard(await bench.event({ consumption_restart_delay: 0.02, reclaim_interval: 60 }))
    await bench.proxy.fail('read-only')
    await bench.ask((redis) => redis.xadd(stream(bench), '*', '', ''))
    // Whoever waits twice as long each time, up to the usual five seconds, would take minutes.
    const before = bench.sent.length
    const reads = (): number =>
      bench.sent.slice(before).filter(({ words }) => /^(XPENDING|XREADGROUP)$/i.test(words[0] ?? '')).length
    await bench.until('it has tried twenty times', () => reads() >= 20)
  },

  'event.dedup_window': async (bench) => {
    const [exact, forgetful] = [await bench.event({ dedup_window: '10s' }), await bench.event()]
    for (let count = 0; count < 2; count += 1) await exact.send(eventNamed('once'))
    const records = await bench.ask((redis) => redis.keys(`${bench.namespace}*:sent:*`))
    expect(records).to.have.lengthOf(1)
    const ttlMs = await bench.ask((redis) => redis.pttl(records[0] ?? ''))
    expect(ttlMs).to.be.within(5_000, 10_000)
    for (let count = 0; count < 2; count += 1) await forgetful.send(eventNamed('once'))
    expect(await bench.ask((redis) => redis.xlen(stream(bench)))).to.equal(3)
  },

  'event.event_ttl': async (bench) => {
    const [brief, lasting] = [await bench.event({ event_ttl: '1ms' }), await bench.event()]
    await brief.send(eventNamed('expired'))
    const sentAt = await serverTime(bench)
    await bench.until('its time is over', async () => (await serverTime(bench)) > sentAt + 1)
    await lasting.send(eventNamed('fresh'))
    const heard = await bench.heard(lasting, 'beginning')
    await bench.until('the other is heard', () => heard.includes('fresh'))
    expect(heard).to.deep.equal(['fresh'])
  },

  'event.consumer_ttl': async (bench) => {
    const events = await bench.event({ consumer_ttl: '60ms', reclaim_interval: 0.02 })
    await isUnheard(bench)
    await bench.ask((redis) => redis.xadd(stream(bench), '*', '', ''))
    for (const name of ['gone', 'holder'])
      await bench.ask((redis) =>
        redis.xreadgroup('GROUP', 'shop-mail', name, 'COUNT', 1, 'STREAMS', stream(bench), '>'),
      )
    const held = await bench.ask((redis) => redis.xpending(stream(bench), 'shop-mail'))
    const members = async (): Promise<string> =>
      JSON.stringify(await bench.ask((redis) => redis.xinfo('CONSUMERS', stream(bench), 'shop-mail')))
    // Who reads in vain is no member before Redis 7.
    await bench.heard(events)
    await bench.until('who has nothing is gone', async () => !(await members()).includes('"holder"'))
    expect(await members(), 'who holds something').to.include('"gone"')
    expect((held as unknown[])[0]).to.equal(1)
  },

  'event.wait_replicas': async (bench) => {
    const events = await bench.event({ wait_replicas: { replicas: 1, timeout: 0.05 } })
    const error = await events.send(eventNamed('alone')).catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(bench.sent.map(({ words }) => words.join(' ').toUpperCase())).to.include('WAIT 1 50')
  },

  'rpc.wait_replicas': async (bench) => {
    const rpcs = await bench.rpc({ wait_replicas: { replicas: 1, timeout: 0.05 } })
    await rpcs.send(callOf('x'), { timeoutMs: 60_000 })
    const consumer = await rpcs.consume({ apiNames: [address.apiName], prefetch: () => 1 })
    const stopping = new AbortController()
    const calls = consumer.calls(stopping.signal)[Symbol.asyncIterator]()
    const handed = calls.next()
    const said = (): readonly string[] => bench.sent.map(({ words }) => words.join(' ').toUpperCase())
    await bench.until('replicas are waited for', () => said().includes('WAIT 1 50'))
    stopping.abort()
    expect(await handed, 'a call that no replica knows to be taken').to.include({ done: true })
  },

  'rpc.rpc_timeout': async (bench) => {
    await (await bench.rpc({ rpc_timeout: '5s' })).send(callOf('x'), { timeoutMs: 60_000 })
    const [record = ''] = await bench.ask((redis) => redis.keys(`${bench.namespace}rpc_expiry_key:*`))
    expect(await bench.ask((redis) => redis.pttl(record))).to.be.within(1, 5_000)
  },

  'result.result_ttl': async (bench) => {
    const [caller, server] = [await bench.result(), await bench.result({ result_ttl: '5s' })]
    const call = callOf('x')
    const { returnPath } = await caller.expect(call)
    await caller.close()
    await server.send(createResult(call.id, { type: 'value', value: 1 }), returnPath)
    const ttlMs = await bench.ask((redis) => redis.pttl(returnPath.replace('redis+key://', '')))
    expect(ttlMs).to.be.within(1, 5_000)
  },
}

/** Sends a message of about a thousand bytes, with limits that are smaller and greater. */
async function expectLimit(act: (options: TransportOptions) => Promise<void>): Promise<void> {
  await act({ max_message_bytes: 10_000 })
  const code = await act({ max_message_bytes: 500 }).then(
    () => 'none',
    (error: unknown) => (isBusError(error) ? error.code : error),
  )
  expect(code).to.equal('BUS_MESSAGE_TOO_LARGE')
}

/** How many calls of a queue are asked for at once, at most, while ten of them wait. */
async function mostCallsAtOnce(bench: ProofBench, batchSize: number): Promise<number> {
  const rpcs = await bench.rpc({ batch_size: batchSize })
  for (let count = 0; count < 10; count += 1) await rpcs.send(callOf('x'), { timeoutMs: 60_000 })
  const before = bench.sent.length
  const consumer = await rpcs.consume({ apiNames: [address.apiName], prefetch: () => 1_000 })
  const calls = consumer.calls(new AbortController().signal)[Symbol.asyncIterator]()
  for (let count = 0; count < 10; count += 1) (await calls.next()).value?.done()
  await consumer.close()
  const queue = `${bench.namespace}${address.apiName}:rpc_queue`
  const counts = bench.sent
    .slice(before)
    .filter(({ words }) => /^EVAL/i.test(words[0] ?? '') && words[2] === '1' && words[3] === queue)
    .map(({ words }) => Number(words[4]))
  return Math.max(...counts)
}

/** How many new events are asked for at once. */
function countsOfNew({ sent }: ProofBench): readonly unknown[] {
  const reads = sent.filter(
    ({ words }) => /^XREADGROUP$/i.test(words[0] ?? '') && words.at(-1) === '>' && words.includes('COUNT'),
  )
  return [...new Set(reads.map(({ words }) => words[words.indexOf('COUNT') + 1]))]
}

/** XPENDING key group start end count. */
function pageSizeOf([name = '', ...words]: readonly string[]): readonly unknown[] {
  return name.toUpperCase() === 'XPENDING' && words.length >= 5 ? [words[4]] : []
}

/** After how many milliseconds an event is taken over whose holder has gone. */
async function takenOver(
  bench: ProofBench,
  options: TransportOptions,
): Promise<{ readonly ms: number; readonly lease: number | undefined }> {
  const events = await bench.event(options)
  await isUnheard(bench)
  await events.send(eventNamed('held'))
  const from = performance.now()
  await bench.ask((redis) =>
    redis.xreadgroup('GROUP', 'shop-mail', 'ghost', 'COUNT', 1, 'STREAMS', stream(bench), '>'),
  )
  const heard = await bench.heard(events)
  await bench.until('it is taken over', () => heard.includes('held'))
  return { ms: performance.now() - from, lease: events.features.lease }
}

/** Makes the group, of which nobody listens. */
async function isUnheard(bench: ProofBench): Promise<void> {
  const events = await bench.event()
  await (await events.subscribe(listener)).close()
}

/** How many of three hundred events are kept. */
async function lengthOf(bench: ProofBench, options: TransportOptions): Promise<number> {
  const events = await bench.event(options)
  const before = await bench.ask((redis) => redis.xlen(stream(bench)))
  await send(events, 300)
  await events.close()
  return (await bench.ask((redis) => redis.xlen(stream(bench)))) - before
}

async function send(events: EventTransport, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => events.send(eventNamed(`event-${index}`))))
}

function stream(bench: ProofBench): string {
  return `${bench.namespace}${address.apiName}.*:stream`
}

async function serverTime(bench: ProofBench): Promise<number> {
  const [seconds, microseconds] = await bench.ask((redis) => redis.time())
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}
