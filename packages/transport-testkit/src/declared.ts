import {
  realClock,
  type EventFeatures,
  type RpcFeatures,
  type SchemaFeatures,
  type TransportContext,
  type TransportKind,
  type TransportModule,
} from '@lightbus/core/transport'
import type { Guarantee, Need } from './guarantees/guarantee.ts'
import type { Faults, Harness } from './harness.ts'

/** What a transport declares to core, and what its harness can do. */
export interface Declared {
  readonly kinds: readonly TransportKind[]
  readonly event: EventFeatures
  readonly rpc: RpcFeatures
  readonly schema: SchemaFeatures
  readonly harness: Harness
  readonly faults: Faults
}

const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']

/** Asks a module for its features: the same objects that core reads. Opens nothing. */
export function declaredBy(module: TransportModule, harness: Harness): Declared {
  const namespace = harness.namespace()
  const options = (kind: TransportKind) => harness.options(kind, namespace, {})
  return {
    kinds: kinds.filter((kind) => module[kind]),
    event: module.event?.create(options('event'), anyContext).features ?? {},
    rpc: module.rpc?.create(options('rpc'), anyContext).features ?? {},
    schema: module.schema?.create(options('schema'), anyContext).features ?? {},
    harness,
    faults: harness.faults?.(namespace) ?? {},
  }
}

/** What a guarantee needs and this transport or its harness has not; empty when its case has to run and to pass. */
export function missing({ needs }: Guarantee, declared: Declared): readonly Need[] {
  return needs.filter((need) => !isMet(need, declared))
}

function isMet(need: Need, declared: Declared): boolean {
  const { event, harness } = declared
  if (need === 'event.durable=across-processes') return event.durable === 'across-processes'
  if (need === 'event.nack=delayed') return event.nack === 'delayed'
  if (need === 'event.order=key') return event.order === 'key'
  if (need === 'harness.victims') return Boolean(harness.simulate ?? harness.entry)
  const [part = '', name] = need.split('.')
  if (name === undefined) return declared.kinds.some((kind) => kind === part)
  const place = declared[part as 'event' | 'rpc' | 'schema' | 'harness' | 'faults']
  return Boolean((place as Readonly<Record<string, unknown>>)[name])
}

/** For a transport that is asked for its features only, and never opened. */
const anyContext: TransportContext = {
  serviceName: 'shop',
  processName: 'shop-1',
  clock: realClock,
  report: () => undefined,
}
