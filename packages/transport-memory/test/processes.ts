import { VirtualClock } from '@lightbus/core/testing'
import { createCall, type RpcDelivery, type RpcMessage, type TransportNotice } from '@lightbus/core/transport'
import { createMemoryBroker, transportModule, type MemoryBroker } from '../src/index.ts'
import type { MemoryResultTransport } from '../src/memory-result-transport.ts'
import type { MemoryRpcTransport } from '../src/memory-rpc-transport.ts'
import type { MemorySchemaTransport } from '../src/memory-schema-transport.ts'

/** One process of a test, with the transports that the test needs most. */
export interface TestProcess {
  readonly rpc: MemoryRpcTransport
  readonly result: MemoryResultTransport
  readonly schema: MemorySchemaTransport
  readonly notices: TransportNotice[]
  open(): Promise<void>
  close(): Promise<void>
}

/** A broker on a clock that stands still until it is told to go on. */
export function testBroker(): { readonly clock: VirtualClock; readonly broker: MemoryBroker } {
  const clock = new VirtualClock()
  return { clock, broker: createMemoryBroker({ clock }) }
}

export function testProcess(broker: MemoryBroker, processName: string): TestProcess {
  const notices: TransportNotice[] = []
  const context = {
    serviceName: 'shop',
    processName,
    // Wrong by minutes: only the broker's clock counts.
    clock: new VirtualClock(broker.clock.now() + 300_000),
    report: (notice: TransportNotice) => void notices.push(notice),
  }
  const rpc = transportModule.rpc.create({ broker }, context)
  const result = transportModule.result.create({ broker }, context)
  const schema = transportModule.schema.create({ broker }, context)
  const all = [rpc, result, schema]
  return {
    rpc,
    result,
    schema,
    notices,
    open: async () => void (await Promise.all(all.map((transport) => transport.open()))),
    close: async () => void (await Promise.all(all.map((transport) => transport.close()))),
  }
}

export function callTo(apiName: string, returnPath = ''): RpcMessage {
  return { ...createCall({ apiName, procedureName: 'buy', parameters: {} }), returnPath }
}

export async function taken(calls: AsyncIterator<RpcDelivery>): Promise<RpcDelivery> {
  const { value, done } = await calls.next()
  if (done) throw new Error('The calls have ended.')
  return value
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}
