import {
  realClock,
  type EventFeatures,
  type RpcFeatures,
  type TransportContext,
  type TransportModule,
} from '@lightbus/core/transport'
import { eventCases } from './event-cases.ts'
import type { Harness } from './harness.ts'
import { lifecycleCases } from './lifecycle-cases.ts'
import { resultCases } from './result-cases.ts'
import { rpcCases } from './rpc-cases.ts'
import { schemaCases } from './schema-cases.ts'
import { Stage, type Case } from './stage.ts'

const eventFeatures = [
  'groups',
  'durable',
  'order',
  'nack',
  'deliveryCount',
  'dlq',
  'lease',
  'stableNames',
  'replay',
  'delay',
] as const satisfies readonly (keyof EventFeatures)[]
const rpcFeatures = ['presence', 'deadline'] as const satisfies readonly (keyof RpcFeatures)[]

/**
 * Registers the guarantees of the contracts as mocha suites, each case named by its number. What the transport declares
 * runs and has to pass; what it does not is named in the suite's title.
 */
export function describeTransport(module: TransportModule, harness: Harness): void {
  const run: Case = (title, body) => {
    it(title, async () => {
      const stage = new Stage(module, harness)
      try {
        await body(stage)
      } finally {
        await stage.close()
      }
    })
  }
  const { event, rpc, result, schema } = module
  describe(`the ${module.name} transport`, () => {
    describe('lifecycle', () => lifecycleCases(module, run))
    if (event) {
      const { features } = event.create(harness.options('event', harness.namespace()), anyContext)
      describe(`events${absent(eventFeatures, features)}`, () => eventCases(features, run))
    }
    if (rpc) {
      const { features } = rpc.create(harness.options('rpc', harness.namespace()), anyContext)
      describe(`calls${absent(rpcFeatures, features)}`, () => rpcCases(features, run))
    }
    if (result) describe('results', () => resultCases(run))
    if (schema) describe('schemas', () => schemaCases(run))
  })
}

/** For a transport that is asked for its features only, and never opened. */
const anyContext: TransportContext = {
  serviceName: 'shop',
  processName: 'shop-1',
  clock: realClock,
  report: () => {},
}

function absent<Name extends string>(names: readonly Name[], features: { readonly [N in Name]?: unknown }) {
  const missing = names.filter((name) => !features[name])
  return missing.length === 0 ? '' : ` (declared absent: ${missing.join(', ')})`
}
