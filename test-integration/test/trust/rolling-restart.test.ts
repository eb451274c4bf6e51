import { randomUUID } from 'node:crypto'
import { createBus, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { load, work } from '../../fixtures/rolling-apis.ts'
import { keepingLog, privateConfig, quietBus, redisUrl, until } from '../each-transport.ts'
import { lightbus, type Run } from './lightbus-process.ts'

/** Fires and calls without a pause, from one bus, until it is told to end. */
function loadOn(bus: ReturnType<typeof loadBus>) {
  const failures: unknown[] = []
  const handled = new Set<number>()
  let fired = 0
  let called = 0
  let isOver = false
  bus.work.handled.listen(({ n }) => void handled.add(n), { listenerName: 'counting', concurrency: 50 })
  const call = async (): Promise<void> => {
    while (!isOver) {
      const n = called++
      try {
        const value = await bus.work.double({ n })
        if (value !== n * 2) failures.push(`${n} doubled is ${value}`)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const fire = async (): Promise<void> => {
    while (!isOver) {
      await bus.load.asked.fire({ n: fired++ })
      // Over memory all of this may happen without anything else ever having its turn.
      await new Promise((resolve) => setImmediate(resolve))
      // As fast as they are handled, so that the end is not long in coming.
      await until(() => isOver || fired - handled.size < 200, 'the workers go on', 30_000)
    }
  }
  const all: Promise<void>[] = []
  return {
    failures,
    handled,
    counts: () => ({ fired, called }),
    begin: () => void all.push(...Array.from({ length: 20 }, call), ...Array.from({ length: 5 }, fire)),
    async end() {
      isOver = true
      await Promise.all(all)
    },
  }
}

function loadBus(config: WrittenConfig) {
  const bus = quietBus([load, work], config, 'load')
  bus.serve(load)
  return bus
}

describe('a rolling restart of three workers under load', () => {
  it('over Redis, as processes told by SIGTERM: 0 failed calls, 0 lost events', async function () {
    this.timeout(120_000)
    const namespace = `test-${randomUUID()}:`
    const redis = { redis: { namespace, url: redisUrl() } }
    await using bus = loadBus({
      bus: { schema: { transport: redis } },
      apis: { default: { event_transport: redis, rpc_transport: redis, result_transport: redis } },
    })
    const worker = async () => {
      const run = lightbus(['run', 'rolling-bus.ts'], { TEST_NAMESPACE: namespace })
      await until(() => run.output.includes('ready in'), 'it starts', 30_000)
      return run
    }
    let workers: readonly Run[] = await Promise.all([worker(), worker(), worker()])
    const loading = loadOn(bus)
    await bus.start()
    loading.begin()
    for (const old of workers) {
      const before = loading.counts()
      await until(() => loading.counts().called > before.called + 200, 'calls are answered', 30_000)
      await until(() => loading.counts().fired > before.fired + 100, 'events are handled', 30_000)
      old.child.kill('SIGTERM')
      expect(await old.ended, old.output).to.equal(0)
      expect(old.output).to.match(/Stopped\. Finished .*; handed back nothing/)
      workers = [...workers.filter((one) => one !== old), await worker()]
    }
    await loading.end()
    const { fired, called } = loading.counts()
    expect(loading.failures).to.deep.equal([])
    await until(() => loading.handled.size === fired, 'every event is handled', 30_000)
    expect(called).to.be.above(600)
    for (const { child, ended } of workers) {
      child.kill('SIGTERM')
      expect(await ended).to.equal(0)
    }
  })

  it('over memory, as buses of one process: 0 failed calls, 0 lost events', async function () {
    this.timeout(30_000)
    const config = privateConfig('memory')
    const worker = async (name: string) => {
      const bus = createBus({
        apis: [load, work],
        config,
        serviceName: 'workers',
        processName: name,
        log: keepingLog().log,
      })
      bus.serve(work, {
        double: async ({ n }) => {
          await new Promise((resolve) => setImmediate(resolve))
          return n * 2
        },
      })
      bus.load.asked.listen(({ n }) => bus.work.handled.fire({ n, by: name }), {
        listenerName: 'handling',
        concurrency: 5,
      })
      await bus.start()
      return bus
    }
    await using bus = loadBus(config)
    let workers = await Promise.all(['a', 'b', 'c'].map(worker))
    const loading = loadOn(bus)
    await bus.start()
    loading.begin()
    for (const [index, old] of workers.entries()) {
      const before = loading.counts()
      await until(() => loading.counts().called > before.called + 500, 'calls are answered')
      await until(() => loading.counts().fired > before.fired + 200, 'events are handled')
      const { handedBack } = await old.stop()
      expect(handedBack).to.deep.equal({ events: {}, calls: 0 })
      workers = [...workers.filter((one) => one !== old), await worker(`d${index}`)]
    }
    await loading.end()
    expect(loading.failures).to.deep.equal([])
    await until(() => loading.handled.size === loading.counts().fired, 'every event is handled')
    await Promise.all(workers.map((one) => one.stop()))
  })
})
