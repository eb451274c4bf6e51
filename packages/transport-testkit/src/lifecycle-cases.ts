import { createCall, type TransportKind, type TransportModule } from '@lightbus/core/transport'
import { expect } from 'chai'
import { address, eventNamed } from './samples.ts'
import { codeOf, iterate, type Case } from './stage.ts'

const kinds: readonly TransportKind[] = ['event', 'rpc', 'result', 'schema']

/** L: opening, closing, and use at the wrong time. */
export function lifecycleCases(module: TransportModule, run: Case): void {
  for (const kind of kinds.filter((each) => module[each])) {
    run(`L1 ${kind}: close before open, twice and at once is harmless`, async (stage) => {
      const transport = stage.unopened(kind)
      await transport.close()
      await transport.open()
      await Promise.all([transport.close(), transport.close()])
      await transport.close()
    })
  }
  if (module.event) eventLifecycle(run)
  if (module.rpc) rpcLifecycle(run)
  if (module.result) {
    run('L11 results: any use after close rejects', async (stage) => {
      const results = await stage.result()
      await results.close()
      const call = createCall({ apiName: 'shop', procedureName: 'buy', parameters: {} })
      expect(await codeOf(results.expect(call))).to.equal('BUS_TRANSPORT_CLOSED')
    })
  }
  if (module.schema) {
    run('L11 schemas: any use after close rejects', async (stage) => {
      const schemas = await stage.schema()
      await schemas.close()
      expect(await codeOf(schemas.load())).to.equal('BUS_TRANSPORT_CLOSED')
    })
  }
}

function eventLifecycle(run: Case): void {
  const request = { listenerName: 'mail', events: [address], prefetch: () => 1 }

  run('L2 close returns while a consumer waits for events, whose iteration ends', async (stage) => {
    const events = await stage.event()
    const subscription = await events.subscribe(request)
    const waiting = iterate(subscription.deliveries(stage.signal)).next()
    await events.close()
    expect((await waiting).done).to.equal(true)
  })

  run('L6 a transport may be opened again', async (stage) => {
    const events = await stage.event()
    await events.close()
    await events.open()
    const subscription = await events.subscribe(request)
    await events.send(eventNamed('again'))
    const delivery = await iterate(subscription.deliveries(stage.signal)).next()
    expect(delivery.value?.event?.id).to.equal('again')
  })

  run('L11 events: any use after close rejects', async (stage) => {
    const events = await stage.event()
    await events.close()
    expect(await codeOf(events.send(eventNamed('late')))).to.equal('BUS_TRANSPORT_CLOSED')
    expect(await codeOf(events.subscribe(request))).to.equal('BUS_TRANSPORT_CLOSED')
  })
}

function rpcLifecycle(run: Case): void {
  run('L2 close returns while a server waits for calls, whose iteration ends', async (stage) => {
    const rpcs = await stage.rpc()
    const consumer = await rpcs.consume({ apiNames: ['shop'], prefetch: () => 1 })
    const waiting = iterate(consumer.calls(stage.signal)).next()
    await rpcs.close()
    expect((await waiting).done).to.equal(true)
  })

  run('L11 calls: any use after close rejects', async (stage) => {
    const rpcs = await stage.rpc()
    await rpcs.close()
    const request = { apiNames: ['shop'], prefetch: () => 1 }
    expect(await codeOf(rpcs.consume(request))).to.equal('BUS_TRANSPORT_CLOSED')
  })
}
