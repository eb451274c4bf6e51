import { randomUUID } from 'node:crypto'
import {
  createCall,
  createEventMessage,
  createResult,
  type EventTransport,
  type ResultTransport,
  type RpcTransport,
  type SchemaTransport,
  type Transport,
  type TransportKind,
} from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Process } from '../process.ts'
import type { Stage } from '../stage.ts'
import { codeOf } from './failures.ts'
import { iterate } from './pulling.ts'
import { address, callNamed } from './samples.ts'
import { schemaOf } from './schema-samples.ts'

const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']

/** The kinds that the module has. */
export function kindsOf({ module }: Stage): readonly TransportKind[] {
  return kinds.filter((kind) => module[kind])
}

/** The transport of each kind of the process, open. */
export function openAll(stage: Stage, process: Process): Promise<readonly Transport[]> {
  return Promise.all(kindsOf(stage).map((kind) => process[kind]()))
}

/** Carries something over an open transport of this kind and back to it; fails when it does not arrive. Leaves nothing waiting. */
export async function use(kind: TransportKind, transport: Transport, signal: AbortSignal): Promise<void> {
  // It was made as one of this kind.
  if (kind === 'event') await useEvents(transport as EventTransport, signal)
  else if (kind === 'rpc') await useCalls(transport as RpcTransport, signal)
  else if (kind === 'result') await useResults(transport as ResultTransport, signal)
  else await useSchemas(transport as SchemaTransport)
}

/** Makes one request over a transport of this kind, to be watched for how it fails. */
export async function request(kind: TransportKind, transport: Transport): Promise<void> {
  if (kind === 'event') await (transport as EventTransport).send(anEvent())
  else if (kind === 'rpc')
    await (transport as RpcTransport).send(callNamed('look', 'nowhere'), { timeoutMs: 60_000 })
  else if (kind === 'result') await (transport as ResultTransport).expect(aCall())
  else await (transport as SchemaTransport).store(schemaOf('shop.used'), { ttlMs: 60_000 })
}

/**
 * Lets something wait for what never comes, where the kind has anything that waits. The returned function fails unless the wait ends as
 * it has to when the transport closes.
 */
export async function waitInVain(
  { signal }: Stage,
  kind: TransportKind,
  transport: Transport,
): Promise<() => Promise<void>> {
  const never = { apiName: 'shop.never', eventName: 'never' }
  const prefetch = (): number => 1
  if (kind === 'event') {
    const subscribing = { listenerName: 'never', events: [never], prefetch }
    const subscription = await (transport as EventTransport).subscribe(subscribing)
    return endOf(iterate(subscription.deliveries(signal)))
  }
  if (kind === 'rpc') {
    const consumer = await (transport as RpcTransport).consume({ apiNames: [never.apiName], prefetch })
    return endOf(iterate(consumer.calls(signal)))
  }
  if (kind === 'schema') return async () => undefined
  const pending = await (transport as ResultTransport).expect(aCall())
  const code = codeOf(pending.receive(signal))
  code.catch(() => undefined)
  return async () =>
    void expect(await code, 'how waiting for a result ended').to.equal('BUS_TRANSPORT_CLOSED')
}

function endOf(items: AsyncIterator<unknown>): () => Promise<void> {
  const pulling = items.next()
  pulling.catch(() => undefined)
  return async () => void expect((await pulling).done, 'whether what waited has ended').to.equal(true)
}

/** For each kind a request that an open transport of the process can make again and again, to be watched for how it fails. */
export async function requests(
  stage: Stage,
  process: Process,
): Promise<Readonly<Record<TransportKind, () => Promise<unknown>>>> {
  const { event, rpc, result, schema } = stage.module
  const returnPath = result ? (await (await process.result()).expect(aCall())).returnPath : ''
  const outcome = { type: 'value', value: 'unread' } as const
  const absent = (): Promise<unknown> => Promise.reject(new Error('The module has no such transport.'))
  const [events, rpcs] = [event && (await process.event()), rpc && (await process.rpc())]
  const [results, schemas] = [result && (await process.result()), schema && (await process.schema())]
  return {
    event: events ? () => events.send(anEvent()) : absent,
    rpc: rpcs ? () => rpcs.send(callNamed('look', 'nowhere'), { timeoutMs: 60_000 }) : absent,
    result: results ? () => results.send(createResult(randomUUID(), outcome), returnPath) : absent,
    schema: schemas ? () => schemas.store(schemaOf('shop.used'), { ttlMs: 60_000 }) : absent,
  }
}

async function useEvents(events: EventTransport, signal: AbortSignal): Promise<void> {
  const request = { listenerName: 'use', events: [address], prefetch: () => 10 }
  const subscription = await events.subscribe(request)
  const deliveries = iterate(subscription.deliveries(signal))
  const sent = anEvent()
  await events.send(sent)
  for (let id: unknown; id !== sent.id;) {
    const item = await deliveries.next()
    if (item.done) throw new Error('The deliveries ended before the event that was sent had come.')
    id = item.value.event?.id
    await subscription.acknowledge(item.value.receipt)
  }
  await subscription.close()
}

async function useCalls(rpcs: RpcTransport, signal: AbortSignal): Promise<void> {
  const consumer = await rpcs.consume({ apiNames: [address.apiName], prefetch: () => 10 })
  const calls = iterate(consumer.calls(signal))
  const sent = callNamed('look', 'nowhere')
  await rpcs.send(sent, { timeoutMs: 60_000 })
  for (let id: unknown; id !== sent.id;) {
    const item = await calls.next()
    if (item.done) throw new Error('The calls ended before the one that was sent had come.')
    id = item.value.call?.id
    item.value.done()
  }
  await consumer.close()
}

async function useResults(results: ResultTransport, signal: AbortSignal): Promise<void> {
  const call = aCall()
  const pending = await results.expect(call)
  const sent = createResult(call.id, { type: 'value', value: 'used' })
  await results.send(sent, pending.returnPath)
  const received = await pending.receive(signal)
  expect(received.outcome, 'the result that was sent').to.deep.equal(sent.outcome)
}

async function useSchemas(schemas: SchemaTransport): Promise<void> {
  const schema = schemaOf('shop.used')
  await schemas.store(schema, { ttlMs: 60_000 })
  expect(await schemas.load(), 'the schemas that are loaded').to.deep.include(schema)
}

function anEvent() {
  return createEventMessage({ ...address, parameters: {} })
}

function aCall() {
  return createCall({ ...address, procedureName: 'look', parameters: {} })
}
