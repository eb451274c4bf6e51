import { createBus, tokens, type TaskHandler, type WrittenConfig } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { keepingLog, privateConfig, transports, until } from '../each-transport.ts'

/** A bus that has only tasks, in one of the processes of a service. */
function process(config: WrittenConfig, processName = 'one', clock?: VirtualClock) {
  const { log, lines } = keepingLog()
  const bus = createBus({
    config,
    serviceName: 'reports',
    processName,
    log,
    ...(clock ? { override: (container) => container.register(tokens.clock, { useValue: clock }) } : {}),
  })
  return Object.assign(bus, { lines })
}

/** Lets virtual time pass, with as many turns as it takes for what comes due to be done. */
async function pass(clock: VirtualClock, ms: number, stepMs = 100): Promise<void> {
  const until = clock.now() + ms
  while (clock.now() < until) {
    clock.advance(Math.min(stepMs, until - clock.now()))
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

const night = Date.UTC(2026, 2, 28, 23, 30)

describe('tasks', () => {
  it('run every so often, counted from the end of the last run, never two at a time', async () => {
    const clock = new VirtualClock()
    await using bus = process(privateConfig('memory'), 'one', clock)
    const began: number[] = []
    const ends: (() => void)[] = []
    bus.every('30s', () => {
      began.push(clock.now())
      return new Promise<void>((resolve) => ends.push(resolve))
    })
    const start = clock.now()
    await bus.start()
    await pass(clock, 100_000)
    expect(began).to.deep.equal([start + 30_000])
    ends.pop()?.()
    await new Promise((resolve) => setImmediate(resolve))
    await pass(clock, 30_000)
    expect(began).to.deep.equal([start + 30_000, start + 130_000])
    ends.pop()?.()
  })

  it('run beside each other where that is asked for', async () => {
    const clock = new VirtualClock()
    await using bus = process(privateConfig('memory'), 'one', clock)
    let running = 0
    const stopping: (() => void)[] = []
    bus.every('30s', () => ((running += 1), new Promise<void>((resolve) => stopping.push(resolve))), {
      overlap: true,
    })
    await bus.start()
    await pass(clock, 90_000)
    expect(running).to.equal(3)
    stopping.forEach((stop) => stop())
  })

  it('run at the times of a cron pattern, in a time zone, also where the clocks are changed', async () => {
    const clock = new VirtualClock(night)
    await using bus = process(privateConfig('memory'), 'one', clock)
    const runs: string[] = []
    const note = () => void runs.push(new Date(clock.now()).toISOString())
    bus.schedule('0 3 * * *', note, { timezone: 'Europe/Vienna' })
    await bus.start()
    await pass(clock, 26 * 3_600_000, 60_000)
    // At two o'clock of that night it is three in Vienna.
    expect(runs).to.deep.equal(['2026-03-29T01:00:00.000Z', '2026-03-30T01:00:00.000Z'])
  })

  it('fail without an effect on their next run, and say so', async () => {
    const clock = new VirtualClock()
    await using bus = process(privateConfig('memory'), 'one', clock)
    let runs = 0
    bus.every('1s', function counting() {
      runs += 1
      throw new Error('no')
    })
    await bus.start()
    await pass(clock, 3_000)
    expect(runs).to.equal(3)
    expect(bus.lines.filter((line) => line.startsWith('Task "counting" failed'))).to.have.lengthOf(3)
  })

  it('in the background begin again after pauses that grow, and end with the worker', async () => {
    const clock = new VirtualClock()
    const bus = process(privateConfig('memory'), 'one', clock)
    const began: number[] = []
    let signal: AbortSignal | undefined
    bus.background(
      async (context) => {
        began.push(clock.now())
        if (began.length < 6) throw new Error('no connection')
        signal = context.signal
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }))
      },
      { name: 'consuming' },
    )
    await bus.start()
    await pass(clock, 60_000)
    expect(began).to.have.lengthOf(6)
    const pauses = began.slice(1).map((at, n) => at - (began[n] ?? 0))
    pauses.forEach((pause, n) => expect(pause).to.be.within(2 ** n * 500, 2 ** n * 1_000 + 100))
    expect(signal?.aborted).to.equal(false)
    await bus.stop()
    expect(signal?.aborted).to.equal(true)
    expect(bus.lines.filter((line) => line.startsWith('Task "consuming" failed'))).to.have.lengthOf(5)
  })

  it('of one name cannot be told apart by the processes of a service', async () => {
    await using bus = process(privateConfig('memory'))
    bus.every('1s', () => undefined)
    bus.every('1s', () => undefined)
    expect(() => bus.every('1s', () => undefined, { once: 'per-service' }))
      .to.throw(/Give each a name/)
      .with.property('code', 'BUS_TASK_DUPLICATE')
    bus.every('1s', () => undefined, { once: 'per-service', name: 'another' })
  })

  it('in memory run once per service at each time, by whichever process is first', async () => {
    const clock = new VirtualClock()
    const config = privateConfig('memory')
    const runs: number[] = []
    const buses = ['a', 'b', 'c'].map((name) => process(config, name, clock))
    for (const bus of buses) {
      bus.every('30s', () => void runs.push(clock.now()), { once: 'per-service', name: 'report' })
      bus.schedule('*/2 * * * *', () => void runs.push(-clock.now()), { once: 'per-service', name: 'cron' })
    }
    await Promise.all(buses.map((bus) => bus.start()))
    await pass(clock, 125_000)
    const start = Date.UTC(2020, 0, 1)
    expect(runs.filter((at) => at > 0)).to.deep.equal([1, 2, 3, 4].map((n) => start + n * 30_000))
    expect(runs.filter((at) => at < 0)).to.deep.equal([-(start + 120_000)])
    await Promise.all(buses.map((bus) => bus.stop()))
  })

  for (const transport of transports) {
    describe(`that run once per service over ${transport}`, () => {
      const shared = (name: string, { handler, config }: { handler: TaskHandler; config: WrittenConfig }) => {
        const bus = process(config, name)
        bus.every('100ms', handler, { once: 'per-service', name: 'report' })
        return bus
      }

      it('never run twice at a time, and go on when the process that ran them has stopped', async () => {
        const config = privateConfig(transport)
        let [running, most, runs] = [0, 0, 0]
        const ranIn = new Set<string>()
        const handler = (name: string) => async () => {
          running += 1
          runs += 1
          most = Math.max(most, running)
          ranIn.add(name)
          await new Promise((resolve) => setImmediate(resolve))
          running -= 1
        }
        const buses = ['a', 'b', 'c'].map((name) => shared(name, { handler: handler(name), config }))
        await Promise.all(buses.map((bus) => bus.start()))
        await until(() => runs >= 3, 'three runs')
        const [first, ...others] = buses
        await first?.stop()
        ranIn.delete('a')
        const before = runs
        await until(() => runs >= before + 2, 'the others go on')
        expect([...ranIn].every((name) => name === 'b' || name === 'c')).to.equal(true)
        await Promise.all(others.map((bus) => bus.stop()))
        expect(most).to.equal(1)
      })

      it('in the background run in one process, and in another when that one stops', async () => {
        const config = privateConfig(transport)
        const clock = new VirtualClock()
        const running: string[] = []
        const leading = (name: string) => {
          const bus = process(config, name, transport === 'memory' ? clock : undefined)
          bus.background(
            async ({ signal }) => {
              running.push(name)
              await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
            },
            { once: 'per-service', name: 'leading' },
          )
          return bus
        }
        const [a, b] = [leading('a'), leading('b')]
        await a.start()
        await until(() => running.length === 1, 'one leads')
        await b.start()
        await a.stop()
        await until(
          async () => {
            if (transport === 'memory') await pass(clock, 1_000)
            return running.length === 2
          },
          'the other leads',
          15_000,
        )
        expect(running).to.deep.equal(['a', 'b'])
        await b.stop()
      }).timeout(20_000)
    })
  }
})
