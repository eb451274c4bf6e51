import { randomUUID } from 'node:crypto'
import { createBus, defineApi, event, procedure, tokens } from '@lightbus/core'
import { realClock } from '@lightbus/core/transport'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, keepingLog, privateConfig, quietBus, until } from './each-transport.ts'

const work = defineApi('work', {
  events: { begun: event({ n: z.int() }) },
  procedures: { wait: procedure({}, z.string()) },
})

const never = () => new Promise<never>(() => undefined)

describe('the options of a bus', () => {
  it('concurrency: as many handlers at a time, and one unless given', async () => {
    for (const concurrency of [undefined, 3]) {
      await using bus = quietBus([work], privateConfig('memory', {}))
      let most = 0
      let running = 0
      const handled: number[] = []
      bus.serve(work, { wait: () => 'x' })
      bus.work.begun.listen(
        async ({ n }) => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running -= 1
          handled.push(n)
        },
        { listenerName: 'l', ...(concurrency === undefined ? {} : { concurrency }) },
      )
      await bus.start()
      await Promise.all([1, 2, 3, 4, 5].map((n) => bus.work.begun.fire({ n })))
      await until(() => handled.length === 5, 'all are handled')
      expect(most).to.equal(concurrency ?? 1)
    }
  })

  it('since: a new listener may start with what was fired before', async () => {
    const config = privateConfig('redis')
    await using owner = quietBus([work], config)
    owner.serve(work, { wait: () => 'x' })
    await owner.work.begun.fire({ n: 1 })
    await using late = quietBus([work], config, 'late')
    const heard: number[] = []
    late.work.begun.listen(({ n }) => heard.push(n), { listenerName: 'l', since: 'beginning' })
    await late.start()
    await until(() => heard.length === 1, 'the event before')
  })

  it('rpc_timeout: how long calls of the API wait', async () => {
    await using bus = quietBus([work], privateConfig('memory', { rpc_timeout: '50ms' }))
    bus.serve(work, {
      wait: ((_: object, { signal }: { signal: AbortSignal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))) as never,
    })
    await bus.start()
    expect((await busError(bus.work.wait())).message).to.contain('within 50 ms')
  })

  it('on_error: what happens to the failed events of the API', async () => {
    await using bus = quietBus([work], privateConfig('memory', { on_error: 'shutdown' }))
    bus.serve(work, { wait: () => 'x' })
    bus.work.begun.listen(
      () => {
        throw new Error('enough')
      },
      { listenerName: 'l' },
    )
    await bus.start()
    await bus.work.begun.fire({ n: 1 })
    expect(await bus.finished).to.have.property('message', 'enough')
  })

  it('validate: off means that nothing is checked', async () => {
    await using bus = quietBus([work], privateConfig('memory', { validate: false }))
    const heard: unknown[] = []
    bus.serve(work, { wait: () => 7 as never })
    bus.work.begun.listen((parameters) => heard.push(parameters), { listenerName: 'l' })
    await bus.start()
    await bus.fire('work.begun', { n: 'text' })
    expect(await bus.call('work.wait')).to.equal(7)
    await until(() => heard.length === 1, 'the event')
    expect(heard).to.deep.equal([{ n: 'text' }])
  })

  it('shutdown_timeout: what still runs then is aborted', async () => {
    const config = privateConfig('memory')
    const bus = quietBus([work], { ...config, bus: { ...config.bus, shutdown_timeout: '50ms' } })
    let signal: AbortSignal | undefined
    bus.serve(work, { wait: () => 'x' })
    bus.work.begun.listen(
      (_, context) => {
        signal = context.signal
        return never()
      },
      { listenerName: 'l' },
    )
    await bus.start()
    await bus.work.begun.fire({ n: 1 })
    await until(() => signal !== undefined, 'the handler runs')
    await bus.stop()
    expect(signal?.aborted).to.equal(true)
    expect(bus.lines.join('\n')).to.contain('What still ran was aborted')
  })

  it('an event that does not fit its schema is given up at once, and the worker goes on', async () => {
    const config = privateConfig('memory', { validate: { outgoing: false, incoming: true } })
    await using bus = quietBus([work], config)
    const heard: number[] = []
    bus.serve(work, { wait: () => 'x' })
    bus.work.begun.listen(({ n }) => heard.push(n), { listenerName: 'l' })
    await bus.start()
    await bus.fire('work.begun', { n: 'text' })
    await bus.work.begun.fire({ n: 2 })
    await until(() => heard.length === 1, 'the event after it')
    expect(heard).to.deep.equal([2])
    expect(bus.lines.join('\n')).to.contain('kept as a dead letter')
  })

  it('override: any part may be another one, by its token', async () => {
    let asked = 0
    const clock = { ...realClock, now: () => (asked++, realClock.now()) }
    await using bus = createBus({
      apis: [work],
      config: privateConfig('memory'),
      logLevel: 'critical',
      override: (container) => container.register(tokens.clock, { useValue: clock }),
    })
    bus.serve(work, { wait: () => 'x' })
    await bus.start()
    await bus.work.wait()
    expect(asked).to.be.above(0)
  })

  it('a stop overtakes a start that is under way', async () => {
    for (const transport of ['memory', 'redis'] as const) {
      const bus = quietBus([work], privateConfig(transport))
      bus.serve(work, { wait: () => 'x' })
      const starting = busError(bus.start())
      await bus.stop()
      expect((await starting).code).to.equal('BUS_STATE_WRONG')
      expect((await busError(bus.work.wait())).code).to.equal('BUS_STATE_WRONG')
    }
  })

  it('a bus that cannot be configured can still be stopped', async () => {
    const bus = quietBus([work], { apis: { default: { rpc_timout: 1 } as object } })
    expect((await busError(bus.work.wait())).code).to.equal('BUS_CONFIG_INVALID')
    await bus.stop()
  })

  it('starts and stops again, as often as it is asked', async () => {
    const { log } = keepingLog()
    const bus = createBus({
      apis: [work],
      config: privateConfig('redis'),
      log,
      serviceName: `s-${randomUUID()}`,
    })
    bus.serve(work, { wait: () => 'x' })
    for (let round = 0; round < 3; round++) {
      await bus.start()
      expect(await bus.work.wait()).to.equal('x')
      await bus.stop()
    }
  })
})

describe('tasks', () => {
  it('every: run again and again, never two at a time, also after a failure', async () => {
    await using bus = quietBus([], privateConfig('memory'))
    let running = 0
    let most = 0
    let runs = 0
    bus.every('1ms', async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      runs += 1
      throw new Error('a failing run')
    })
    await bus.start()
    await until(() => runs >= 3, 'three runs')
    expect(most).to.equal(1)
    expect(bus.lines.join()).to.contain('Task "every 1ms" failed')
  })

  it('schedule: run at the times of a pattern', async () => {
    await using bus = quietBus([], privateConfig('memory'))
    let runs = 0
    bus.schedule('* * * * * *', () => runs++, { timezone: 'Europe/Vienna' })
    const report = await bus.start()
    expect(report.tasks).to.deep.equal(['* * * * * *'])
    await until(() => runs === 1, 'the next second')
  })

  it('are told when the bus stops, which waits for them', async () => {
    const bus = quietBus([], privateConfig('memory'))
    let state = 'waiting'
    bus.every('1ms', async ({ signal }) => {
      state = 'running'
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      state = 'done'
    })
    await bus.start()
    await until(() => state === 'running', 'it runs')
    await bus.stop()
    expect(state).to.equal('done')
  })
})
