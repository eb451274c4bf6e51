import { createBus } from '@lightbus/core'
import { isBusError, type TransportKind } from '@lightbus/core/transport'
import type { OptionProofs } from '@lightbus/transport-testkit'
import { expect } from 'chai'
import { transportModule } from '../../src/index.ts'
import type { ProofBench } from './proof-bench.ts'

type Proof = (bench: ProofBench) => Promise<void>

/** What a file of a Python service may say although it changes nothing here: it is accepted as Python means it, and nothing else is. */
const accepted: readonly (readonly [TransportKind, string, unknown, unknown])[] = [
  ['event', 'serializer', 'lightbus.serializers.ByFieldMessageSerializer', 'my.Serializer'],
  ['event', 'deserializer', 'lightbus.serializers.ByFieldMessageDeserializer', 'my.Deserializer'],
  ['rpc', 'serializer', 'lightbus.serializers.BlobMessageSerializer', 'my.Serializer'],
  ['rpc', 'deserializer', 'lightbus.serializers.BlobMessageDeserializer', 'my.Deserializer'],
  ['result', 'serializer', 'lightbus.serializers.BlobMessageSerializer', 'my.Serializer'],
  ['result', 'deserializer', 'lightbus.serializers.BlobMessageDeserializer', 'my.Deserializer'],
  ['rpc', 'rpc_retry_delay', 1, []],
  ['rpc', 'consumption_restart_delay', 5, []],
  ['result', 'rpc_timeout', 5, []],
]

export function pythonProofs(proof: (act: Proof) => () => Promise<void>): OptionProofs {
  return Object.fromEntries(
    accepted.map(([kind, option, good, bad]) => [
      `${kind}.${option}`,
      proof(async (bench) => {
        expect(await started(bench, kind, { [option]: good })).to.equal('started')
        expect(await started(bench, kind, { [option]: bad })).to.match(
          typeof good === 'string' ? new RegExp(`must be one of ${good}`) : /must be/,
        )
      }),
    ]),
  )
}

/** `started`, or why not. */
async function started(bench: ProofBench, kind: TransportKind, options: object): Promise<string> {
  const redis = { url: bench.url(), namespace: bench.namespace }
  const others = { event_transport: { redis }, rpc_transport: { redis }, result_transport: { redis } }
  const api = { ...others, [`${kind}_transport`]: { redis: { ...redis, ...options } } }
  const config = { bus: { schema: { transport: { redis } } }, apis: { default: api } }
  const bus = createBus({ config, transports: { redis: transportModule }, logLevel: 'error' })
  try {
    await bus.start()
    return 'started'
  } catch (error) {
    return isBusError(error) ? error.message : String(error)
  } finally {
    await bus.stop()
  }
}
