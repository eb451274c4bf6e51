import { randomUUID } from 'node:crypto'
import { createBus, defineApi, event, procedure, tokens } from '@lightbus/core'
import { realClock } from '@lightbus/core/transport'
import { expect } from 'chai'
import { z } from 'zod'
import { transportModule as memory } from '@lightbus/transport-memory'
import { busError, keepingLog, privateConfig, quietBus, transports, until } from './each-transport.ts'

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
    let end: (value: string) => void = () => undefined
    bus.serve(work, { wait: () => new Promise((resolve) => (end = resolve)) })
    await bus.start()
    expect((await busError(bus.work.wait())).message).to.contain('within 50 ms')
    end('too late')
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

for (const transport of transports) {
  describe(`the options of serving and calling over ${transport}`, () => {
    it('concurrency: as many calls of the API at a time, and as many of a procedure', async () => {
      for (const [options, expected] of [
        [{}, 4],
        [{ concurrency: 2 }, 2],
        [{ procedures: { wait: { concurrency: 1 } } }, 1],
      ] as const) {
        await using bus = quietBus([work], privateConfig(transport))
        let most = 0
        const running: (() => void)[] = []
        const wait = async () => {
          await new Promise<void>((resolve) => {
            running.push(resolve)
            most = Math.max(most, running.length)
          })
          return 'x'
        }
        bus.serve(work, { wait }, options)
        await bus.start()
        const calls = Array.from({ length: 4 }, () => bus.work.wait())
        let left = calls.length
        for (const call of calls) void call.then(() => (left -= 1))
        await until(() => running.length === expected, 'as many as may')
        await until(() => {
          running.pop()?.()
          return left === 0
        }, 'all are answered')
        await Promise.all(calls)
        expect(most).to.equal(expected)
      }
    })

    it('concurrency: a procedure at its limit may call itself', async () => {
      await using bus = quietBus([work], privateConfig(transport))
      let depth = 0
      bus.serve(
        work,
        { wait: async () => (++depth < 5 ? `${await bus.work.wait()}x` : 'x') },
        { concurrency: 1 },
      )
      await bus.start()
      expect(await bus.work.wait()).to.equal('xxxxx')
    })

    it('idempotencyKey: the first call is executed, the others get its value', async () => {
      await using bus = quietBus([work], privateConfig(transport))
      let executed = 0
      bus.serve(work, { wait: () => `run ${++executed}` })
      await bus.start()
      const call = (idempotencyKey?: string) =>
        bus.work.wait({}, idempotencyKey === undefined ? {} : { idempotencyKey })
      if (!(await canRepeat(call))) return
      expect(await call('a')).to.equal(await call('a'))
      expect(await call('b')).to.equal('run 3')
      expect(await call()).to.equal('run 4')
    })

    it('on_conflict: another schema is noted, or refuses the start', async () => {
      const config = privateConfig(transport)
      const changed = defineApi('work', { procedures: { wait: procedure({}, z.number()) } })
      const conflicting = (onConflict: 'warn' | 'error') => {
        const bus = quietBus([changed], {
          ...config,
          bus: { schema: { ...config.bus?.schema, on_conflict: onConflict } },
        })
        bus.serve(changed, { wait: () => 1 })
        return bus
      }
      await using owner = quietBus([work], config)
      owner.serve(work, { wait: () => 'x' })
      await owner.start()
      const refused = conflicting('error')
      expect((await busError(refused.start())).code).to.equal('BUS_SCHEMA_CONFLICT')
      await using warned = conflicting('warn')
      await warned.start()
      const told = (lines: readonly string[]) =>
        lines.filter((line) => line.includes('another schema') && line.includes('"api":"work"'))
      expect(told(warned.lines)).to.have.lengthOf(1)
    })

    it('on_breaking_change: a change that breaks callers is told, refuses the start, or is nothing', async () => {
      const config = privateConfig(transport)
      const changed = defineApi('work', { procedures: { wait: procedure({}, z.number()) } })
      const changing = (onBreakingChange?: 'warn' | 'error' | 'ignore') => {
        const policy = onBreakingChange && { on_breaking_change: onBreakingChange }
        const bus = quietBus([changed], {
          ...config,
          bus: { schema: { ...config.bus?.schema, on_conflict: 'newest', ...policy } },
        })
        bus.serve(changed, { wait: () => 1 })
        return bus
      }
      const told = (lines: readonly string[]) => lines.filter((line) => line.includes('rpcs.wait.response: '))
      for (const policy of [undefined, 'warn', 'ignore'] as const) {
        await using owner = quietBus([work], {
          ...config,
          bus: { schema: { ...config.bus?.schema, on_breaking_change: 'ignore', on_conflict: 'newest' } },
        })
        owner.serve(work, { wait: () => 'x' })
        await owner.start()
        const refused = changing('error')
        expect((await busError(refused.start())).code).to.equal('BUS_SCHEMA_BREAKING')
        await using bus = changing(policy)
        await bus.start()
        expect(told(bus.lines)).to.have.lengthOf(policy === 'ignore' ? 0 : 1)
      }
    })
  })
}

/** Whether the transport keeps outcomes, which the error says otherwise. */
async function canRepeat(call: (key: string) => Promise<string>): Promise<boolean> {
  try {
    return (await call('probe')) === 'run 1'
  } catch (error) {
    expect(error).to.have.property('code', 'BUS_TRANSPORT_FEATURE_ABSENT')
    return false
  }
}

describe('the options of a start', () => {
  it('start_timeout: gives up on a broker that is not there', async () => {
    const nowhere = { redis: { url: 'redis://127.0.0.1:1/0' } }
    const bus = quietBus([work], { bus: { start_timeout: '200ms', schema: { transport: nowhere } } })
    bus.serve(work, { wait: () => 'x' })
    const began = performance.now()
    const error = await busError(bus.start())
    expect(error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE', retriable: true })
    expect(performance.now() - began).to.be.at.least(190)
    expect(bus.lines.join()).to.contain('Waiting for the broker')
    await bus.stop()
  })

  it('transports: modules of the program, by the names of the configuration', async () => {
    const { log } = keepingLog()
    const mine = { mine: {} }
    await using bus = createBus({
      apis: [work],
      log,
      transports: { mine: { ...memory, name: 'mine' } },
      config: {
        bus: { schema: { transport: mine } },
        apis: { default: { event_transport: mine, rpc_transport: mine, result_transport: mine } },
      },
    })
    bus.serve(work, { wait: () => 'x' })
    await bus.start()
    expect(await bus.work.wait()).to.equal('x')
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
