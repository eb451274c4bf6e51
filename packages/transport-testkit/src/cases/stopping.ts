import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { aborted, gate, patient, serving, things } from './calling.ts'
import { handle, listen, next } from './pulling.ts'
import { news, newsAddress } from './news.ts'
import { eventNamed } from './samples.ts'

/** L4, L5, L7, L19: stopping, pausing, and what a clean run leaves. */
export const stoppingCases = {
  L4: async (stage) => {
    const { fire } = await newsroom(stage)
    const told: string[] = []
    const bus = stage.bus([news], { config: { bus: { shutdown_timeout: '1h' } } })
    let isRunning = false
    bus.listen(
      ['shop.news.broke'],
      async ({ id }: { id: string }, { signal }) => {
        isRunning = true
        await stage.pass(300)
        told.push(`${id} done, ${signal.aborted ? '' : 'not '}aborted`)
      },
      { listenerName: 'mail' },
    )
    await bus.start()
    await fire('running')
    await stage.until(() => isRunning)
    await bus.stop().then(() => told.push('stopped'))
    expect(told).to.deep.equal(['running done, not aborted', 'stopped'])
    await expectNextIs(stage, 'sentinel', fire)
    if (stage.module.rpc && stage.module.result) await answerWhileStopping(stage)
  },

  L5: async (stage) => {
    const { fire } = await newsroom(stage)
    const bus = stage.bus([news], { config: { bus: { shutdown_timeout: '200ms' } } })
    const begun: string[] = []
    const ended: string[] = []
    for (const listenerName of ['throws', 'returns'])
      bus.listen(
        ['shop.news.broke'],
        async (_: object, { signal }) => {
          begun.push(listenerName)
          await aborted(signal)
          ended.push(listenerName)
          if (listenerName === 'throws') throw new Error('What was going on was aborted.')
        },
        { listenerName, onError: 'acknowledge_and_log' },
      )
    await bus.start()
    await fire('unfinished')
    await stage.until(() => begun.length === 2)
    await bus.stop()
    expect(ended, 'the handlers that were aborted').to.have.members(['throws', 'returns'])
    for (const listenerName of ['throws', 'returns']) {
      const { deliveries } = await listen(stage, await stage.event(), { listenerName, events: [newsAddress] })
      const { event } = await next(deliveries)
      expect(event?.parameters, `${listenerName}: what the next member is given`).to.deep.equal({
        id: 'unfinished',
      })
    }
    const asked = stage.log.lines.filter(({ level }) => level === 'error')
    expect(asked, 'what the failure policy has said').to.deep.equal([])
  },

  L7: async (stage) => {
    const events = await stage.event()
    const other = await listen(stage, await stage.event(), { listenerName: 'other' })
    const { subscription, deliveries } = await listen(stage, events, { prefetch: () => 1 })
    const stateIs = (state: string) => expect(subscription.state, 'the state').to.equal(state)
    const sendPast = async (id: string): Promise<void> => {
      await events.send(eventNamed(id))
      expect(await handle(other, 1), 'what another listener hears').to.deep.equal([id])
    }
    stateIs('accepting')
    await sendPast('held')
    const held = await next(deliveries)
    stateIs('busy')
    subscription.pause?.()
    stateIs('paused')
    expect(await subscription.acknowledge(held.receipt), 'what is held while paused').to.equal('settled')
    stateIs('paused')
    let hasCome = false
    const pulling = next(deliveries).finally(() => (hasCome = true))
    stage.during(pulling.catch(() => undefined))
    for (const id of ['first', 'sentinel', 'another sentinel']) await sendPast(id)
    expect(hasCome, 'whether anything is handed out while paused').to.equal(false)
    subscription.resume?.()
    const { event, receipt } = await pulling
    expect(event?.id, 'what comes first after the pause').to.equal('first')
    stateIs('busy')
    await subscription.acknowledge(receipt)
    expect(await handle({ subscription, deliveries }, 2)).to.deep.equal(['sentinel', 'another sentinel'])
    stateIs('accepting')
    await subscription.close()
    stateIs('stopped')
  },

  L19: async (stage) => {
    const unhandled: unknown[] = []
    const keep = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', keep)
    try {
      for (let round = 0; round < 2; round++) await cleanRun(stage)
      // A rejection counts as unhandled once nothing else is left to be done.
      await stage.pass(1)
    } finally {
      process.off('unhandledRejection', keep)
    }
    expect(unhandled, 'rejections that nobody has handled').to.deep.equal([])
    const loud = stage.log.lines.filter(({ level }) => level === 'warn' || level === 'error')
    expect(loud, 'lines above info').to.deep.equal([])
  },
} satisfies Cases

/** A process that owns the news, and stays. */
async function newsroom(stage: Stage): Promise<{ readonly fire: (id: string) => Promise<unknown> }> {
  const owner = stage.bus([news], { service: 'newsroom' })
  owner.serve(news)
  await owner.start()
  return { fire: (id) => owner.fire('shop.news.broke', { id }) }
}

// What was finished is not handled again, by whoever takes the place of the process that has stopped.
async function expectNextIs(stage: Stage, id: string, fire: (id: string) => Promise<unknown>): Promise<void> {
  const { deliveries } = await listen(stage, await stage.event(), { events: [newsAddress] })
  await fire(id)
  const { event } = await next(deliveries)
  expect(event?.parameters, 'what the group is given next').to.deep.equal({ id })
}

async function answerWhileStopping(stage: Stage): Promise<void> {
  const [running, end] = [gate(), gate()]
  const keep = async (_: object, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
    running.open()
    await end.opened
    return signal.aborted ? 'aborted' : 'done'
  }
  const server = await serving(stage, things, { keep }, { config: { bus: { shutdown_timeout: '1h' } } })
  const calling = stage.bus([things]).call('shop.things.keep', { id: 1 }, patient)
  await running.opened
  const stopping = server.stop()
  end.open()
  expect(await calling, 'what the running call gives').to.equal('done')
  await stopping
}

/** A bus that starts, fires, handles, calls and serves as far as the transport can, and stops. */
async function cleanRun(stage: Stage): Promise<void> {
  const bus = stage.bus([news])
  const heard: unknown[] = []
  bus.serve(news)
  bus.listen(['shop.news.broke'], ({ id }: { id: string }) => heard.push(id), { listenerName: 'mail' })
  await bus.start()
  await bus.fire('shop.news.broke', { id: 'clean' })
  await stage.until(() => heard.length > 0)
  expect(heard, 'what was handled').to.deep.equal(['clean'])
  if (stage.module.rpc && stage.module.result) {
    const server = await serving(stage, things)
    const caller = stage.bus([things])
    expect(await caller.call('shop.things.make', { id: 1 }, patient), 'the result').to.equal(1)
    await Promise.all([caller.stop(), server.stop()])
  }
  await bus.stop()
}
