import { createCall, createResult, type Transport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { all, listen, next, serve } from './pulling.ts'
import { address, callNamed, eventNamed } from './samples.ts'
import { schemaOf } from './schema-samples.ts'

/** What is done, by what it is called in a message, to be tried after close. */
type Uses = Readonly<Record<string, () => unknown>>

/** L11: use after close. */
export const usesAfterCloseCases = {
  L11: async (stage) => {
    if (stage.module.event) await events(stage)
    if (stage.module.rpc) await calls(stage)
    if (stage.module.result) await results(stage)
    if (stage.module.schema) await schemas(stage)
  },
} satisfies Cases

async function expectTerminal(transport: Transport, uses: Uses): Promise<void> {
  await transport.close()
  for (const [name, use] of Object.entries(uses)) {
    // What throws has rejected as well.
    const { code, retriable } = await busErrorOf(Promise.resolve().then(use))
    expect({ code, retriable }, name).to.deep.equal({ code: 'BUS_TRANSPORT_CLOSED', retriable: false })
  }
  const health = await transport.health()
  expect(health.isUp, 'whether it is up').to.equal(false)
}

async function events(stage: Stage): Promise<void> {
  const transport = await stage.event()
  const { subscription, deliveries } = await listen(stage, transport)
  await transport.send(eventNamed('held'))
  const { receipt } = await next(deliveries)
  const listener = { listenerName: 'mail', events: [address] }
  const { deadLetters } = transport
  const { batch, history, lag, counts } = transport.features
  await expectTerminal(transport, {
    send: () => transport.send(eventNamed('late')),
    subscribe: () => transport.subscribe({ ...listener, prefetch: () => 1 }),
    ...(batch && { sendBatch: () => transport.sendBatch?.([eventNamed('late')]) }),
    ...(history && { history: () => transport.history && all(transport.history(address)) }),
    ...((lag || counts) && { standing: () => transport.standing?.(listener) }),
    ...(deadLetters && { deadLetters: () => all(deadLetters.list(listener)) }),
  })
  const settling = subscription.acknowledge(receipt).catch((error: unknown) => error)
  const settled = await settling
  if (settled !== 'lost') expect(settled).to.have.property('code', 'BUS_TRANSPORT_CLOSED')
}

async function calls(stage: Stage): Promise<void> {
  const transport = await stage.rpc()
  await serve(stage, transport)
  const request = { apiNames: [address.apiName], prefetch: () => 1 }
  const { outcomes } = transport
  await expectTerminal(transport, {
    send: () => transport.send(callNamed('look', 'nowhere'), { timeoutMs: 1_000 }),
    consume: () => transport.consume(request),
    ...(outcomes && { claim: () => outcomes.claim(address.apiName, 'key', { ttlMs: 1_000 }) }),
  })
}

async function results(stage: Stage): Promise<void> {
  const transport = await stage.result()
  const call = createCall({ ...address, procedureName: 'look', parameters: {} })
  const pending = await transport.expect(call)
  await expectTerminal(transport, {
    expect: () => transport.expect(call),
    send: () => transport.send(createResult(call.id, { type: 'value', value: 1 }), pending.returnPath),
    receive: () => pending.receive(stage.signal),
  })
}

async function schemas(stage: Stage): Promise<void> {
  const transport = await stage.schema()
  await expectTerminal(transport, {
    store: () => transport.store(schemaOf('shop.late'), { ttlMs: 1_000 }),
    load: () => transport.load(),
  })
}
