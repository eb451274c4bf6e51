import { createResult, type TransportKind, type TransportOptions } from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { address, callOf, eventNamed, type ProofBench, type Sent } from './proof-bench.ts'
import { keysOf } from './redis-keys.ts'

type Proof = (bench: ProofBench) => Promise<void>

const otherDatabase = 5
// What is about no key, and so about no database.
const keyless = new Set(['AUTH', 'CLIENT', 'CONFIG', 'HELLO', 'INFO', 'PING', 'SCRIPT', 'SELECT'])

/** Where each kind of transport leads. */
export function placeProofs(proof: (act: Proof) => () => Promise<void>): OptionProofs {
  const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']
  return Object.fromEntries(
    kinds.flatMap((kind) => [
      [`${kind}.url`, proof((bench) => leadsToDatabase(bench, kind))],
      [`${kind}.namespace`, proof((bench) => staysInNamespace(bench, kind))],
    ]),
  )
}

// The proxy is nowhere but in the url, so that a request that it sees has come by that.
async function leadsToDatabase(bench: ProofBench, kind: TransportKind): Promise<void> {
  await used(bench, kind, { url: bench.url(otherDatabase) })
  const about = keyed(bench.sent)
  expect(about, 'requests about keys').not.to.deep.equal([])
  const elsewhere = about.filter(({ database }) => database !== otherDatabase)
  expect(elsewhere, `requests about keys outside of database ${otherDatabase}`).to.deep.equal([])
}

async function staysInNamespace(bench: ProofBench, kind: TransportKind): Promise<void> {
  const namespace = `${bench.namespace}other:`
  await used(bench, kind, { namespace })
  const names = await bench.ask((redis) => keysOf(redis, bench.namespace))
  expect(names, 'the keys').not.to.deep.equal([])
  expect(names.filter((name) => !name.startsWith(namespace))).to.deep.equal([])
}

/** The requests about keys, with the database that each is about. */
function keyed(sent: readonly Sent[]): readonly { readonly words: readonly string[]; database: number }[] {
  const databases = new Map<number, number>()
  return sent.flatMap(({ connection, words }) => {
    const command = words[0]?.toUpperCase() ?? ''
    if (command === 'SELECT') databases.set(connection, Number(words[1]))
    return keyless.has(command) ? [] : [{ words, database: databases.get(connection) ?? 0 }]
  })
}

/** Has a transport of this kind do all that it is for, over each of its connections. */
async function used(bench: ProofBench, kind: TransportKind, options: TransportOptions): Promise<void> {
  if (kind === 'event') {
    const events = await bench.event(options)
    const heard = await bench.heard(events)
    await events.send(eventNamed('a'))
    await bench.until('the event is heard', () => heard.includes('a'))
  } else if (kind === 'rpc') {
    const rpcs = await bench.rpc(options)
    const consumer = await rpcs.consume({ apiNames: [address.apiName], prefetch: () => 1 })
    const calls = consumer.calls(new AbortController().signal)[Symbol.asyncIterator]()
    await rpcs.send(callOf('a'), { timeoutMs: 5_000 })
    await calls.next()
  } else if (kind === 'result') {
    const results = await bench.result(options)
    const call = callOf('a')
    const pending = await results.expect(call)
    await results.send(createResult(call.id, { type: 'value', value: 1 }), pending.returnPath)
    await pending.receive(AbortSignal.timeout(5_000))
  } else {
    const schemas = await bench.schema(options)
    await schemas.store({ apiName: address.apiName, events: {}, rpcs: {} }, { ttlMs: 60_000 })
    await schemas.load()
  }
}
