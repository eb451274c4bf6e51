import { isBusError, type TransportKind, type TransportOptions } from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import type { ProofBench } from './proof-bench.ts'

type Proof = (bench: ProofBench) => Promise<void>
type PlaceProof = (bench: ProofBench, kind: TransportKind) => Promise<void>

const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']
const nobody = 'redis://127.0.0.1:1/0'

/** That each option about the way to Redis has an effect, for each kind of transport; real servers of each sort have tests of their own. */
export function placeOptionProofs(proof: (act: Proof) => () => Promise<void>): OptionProofs {
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      Object.entries(proofs).map(([option, act]) => [
        `${kind}.${option}`,
        proof((bench) => act(bench, kind)),
      ]),
    ),
  )
}

const proofs: Readonly<Record<string, PlaceProof>> = {
  async tls(bench, kind) {
    // A server without TLS does not know what to make of the greeting.
    await opening(bench, kind, {})
    expect(await opening(bench, kind, { tls: { reject_unauthorized: false } })).not.to.equal('open')
  },

  async sentinels(bench, kind) {
    await opening(bench, kind, { sentinels: [at(bench)] })
    expect(words(bench)).to.include('sentinel get-master-addr-by-name mymaster')
  },

  async sentinel_name(bench, kind) {
    await opening(bench, kind, { sentinels: [at(bench)], sentinel_name: 'another' })
    expect(words(bench)).to.include('sentinel get-master-addr-by-name another')
  },

  async sentinel_username(bench, kind) {
    const secret = { sentinel_username: 'watcher', sentinel_password: 'hush' }
    await opening(bench, kind, { sentinels: [at(bench)], ...secret })
    expect(words(bench).join('\n')).to.match(/^(hello 3 auth|auth) watcher hush/m)
  },

  async sentinel_password(bench, kind) {
    await opening(bench, kind, { sentinels: [at(bench)], sentinel_password: 'hush' })
    expect(words(bench).join('\n')).to.match(/^(hello 3 auth default|auth) hush/m)
  },

  async cluster(bench, kind) {
    await opening(bench, kind, { cluster: [at(bench)], url: nobody })
    expect(words(bench)).to.include('cluster slots')
  },

  async client(bench, kind) {
    const client = new Redis(bench.url())
    try {
      expect(await opening(bench, kind, { client, url: nobody })).to.equal('open')
      expect(await client.ping(), 'the client of the caller, after closing').to.equal('PONG')
    } finally {
      client.disconnect()
    }
  },

  async key_names(bench, kind) {
    const code = await opening(bench, kind, { cluster: [at(bench)], url: nobody, key_names: 'lightbus' })
    expect(code).to.equal('BUS_REDIS_REFUSED')
    expect(words(bench)).to.deep.equal([])
  },

  async connection_parameters(bench, kind) {
    await opening(bench, kind, { connection_parameters: { db: 6, maxsize: 100 } })
    expect(words(bench)).to.include('select 6')
  },
}

/** Opens and closes; `open`, or the code of the error. */
async function opening(bench: ProofBench, kind: TransportKind, options: TransportOptions): Promise<string> {
  try {
    const transport = await bench[kind](options)
    await transport.close()
    return 'open'
  } catch (error) {
    if (isBusError(error)) return error.code
    throw error
  }
}

/** Where the proxy of the bench is. */
function at(bench: ProofBench): { readonly host: string; readonly port: number } {
  return { host: '127.0.0.1', port: bench.proxy.port }
}

/** All that was asked of Redis, without regard to case in the commands. */
function words(bench: ProofBench): string[] {
  return bench.sent.map(({ words: [command = '', next = '', ...rest] }) =>
    [
      command.toLowerCase(),
      next.toLowerCase(),
      ...rest.map((word) => (word === 'AUTH' ? 'auth' : word)),
    ].join(' '),
  )
}
