import { sleep, type RpcFeatures, type RpcTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import { callNamed } from './samples.ts'
import { iterate, next, type Case, type Stage } from './stage.ts'

const apiName = 'shop.orders'
const soon = { timeoutMs: 5_000 }

async function serve(stage: Stage, rpcs: RpcTransport, signal = stage.signal, prefetch = 10) {
  const consumer = await rpcs.consume({ apiNames: [apiName], prefetch: () => prefetch })
  return { consumer, calls: iterate(consumer.calls(signal)) }
}

async function returnPath(stage: Stage): Promise<string> {
  const results = await stage.result()
  return (await results.expect(callNamed('any', ''))).returnPath
}

/** R: calls. */
export function rpcCases(features: RpcFeatures, run: Case): void {
  deliveryCases(run)
  deadlineCases(features, run)
  if (features.presence) {
    run('R20 a call nobody serves yet is queued, and its sender told', async (stage) => {
      const rpcs = await stage.rpc()
      expect(await rpcs.send(callNamed('early', await returnPath(stage)), soon)).to.equal('none')
      const { calls } = await serve(stage, rpcs)
      expect((await next(calls)).call?.procedureName).to.equal('early')
      expect(await rpcs.send(callNamed('later', await returnPath(stage)), soon)).to.equal('some')
    })
  }
}

function deliveryCases(run: Case): void {
  run('R1 R2 of many servers one executes a call', async (stage) => {
    const path = await returnPath(stage)
    const rpcs = await stage.rpc()
    const sent = Array.from({ length: 20 }, (_, index) => callNamed(`procedure_${index}`, path))
    const ids: unknown[] = []
    const all = new Promise<void>((resolve) => {
      const work = async (): Promise<void> => {
        const { calls } = await serve(stage, await stage.rpc())
        for (let item = await calls.next(); !item.done; item = await calls.next()) {
          ids.push(item.value.call?.id)
          item.value.done()
          if (ids.length >= sent.length) resolve()
        }
      }
      stage.during([work(), work(), work(), work()])
    })
    await Promise.all(sent.map((call) => rpcs.send(call, soon)))
    await all
    expect(ids).to.have.members(sent.map(({ id }) => id))
  })

  run('R3 a call arrives as it was sent', async (stage) => {
    const rpcs = await stage.rpc()
    const { calls } = await serve(stage, rpcs)
    const path = await returnPath(stage)
    const parameters = { text: 'Größe 🚌', list: [1, null, true], nested: { deep: { er: 0.5 } } }
    const sent = { ...callNamed('buy', path), parameters, headers: { tenant: 'x' } }
    await rpcs.send(sent, soon)
    const delivery = await next(calls)
    expect(delivery.call).to.deep.equal(sent)
    if (delivery.call) expect(delivery.remainingMs).to.be.within(1, 5_000)
  })

  run('R18 a stopping server takes no further call, and may finish what it has', async (stage) => {
    const rpcs = await stage.rpc()
    const path = await returnPath(stage)
    const stopping = new AbortController()
    const first = await serve(stage, rpcs, stopping.signal)
    await rpcs.send(callNamed('running', path), soon)
    const running = await next(first.calls)
    const waiting = first.calls.next()
    stopping.abort()
    expect((await waiting).done).to.equal(true)
    await rpcs.send(callNamed('queued', path), soon)
    const second = await serve(stage, await stage.rpc())
    expect((await next(second.calls)).call?.procedureName).to.equal('queued')
    running.done()
  })
}

function deadlineCases(features: RpcFeatures, run: Case): void {
  run('R9 a call whose time is over is not executed', async (stage) => {
    const rpcs = await stage.rpc()
    const path = await returnPath(stage)
    await rpcs.send(callNamed('expired', path), { timeoutMs: 20 })
    // It is time itself that has to pass here.
    await sleep(stage.clock, 60)
    await rpcs.send(callNamed('sentinel', path), soon)
    const { calls } = await serve(stage, rpcs)
    expect((await next(calls)).call?.procedureName).to.equal('sentinel')
  })

  run('R14 a waiting call that is cancelled is not executed', async (stage) => {
    const rpcs = await stage.rpc()
    const path = await returnPath(stage)
    const cancelled = callNamed('cancelled', path)
    await rpcs.send(cancelled, soon)
    await rpcs.cancel(cancelled)
    await rpcs.cancel(cancelled)
    await rpcs.send(callNamed('sentinel', path), soon)
    const { calls } = await serve(stage, rpcs)
    expect((await next(calls)).call?.procedureName).to.equal('sentinel')
  })

  if (features.deadline) {
    run('R14 a running call hears that it is cancelled', async (stage) => {
      const rpcs = await stage.rpc()
      const { calls } = await serve(stage, await stage.rpc())
      const call = callNamed('running', await returnPath(stage))
      await rpcs.send(call, soon)
      const delivery = await next(calls)
      const signal = delivery.call ? delivery.cancelled : undefined
      const heard = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      await rpcs.cancel(call)
      await heard
    })
  }
}
