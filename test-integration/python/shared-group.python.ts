import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { shared } from './apis.ts'
import { Fleet } from './fleet.ts'
import type { PythonService } from './python-service.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stream = 'ts.shared.*:stream'

describe('a listener that Python and TypeScript share the work of', () => {
  let fleet: Fleet
  let python: PythonService
  /** What the handler here has begun, and what it has done once the gate was open. */
  let taken: number[]
  let done: number[]
  let openGate: () => void

  beforeEach(async () => {
    fleet = await Fleet.assemble()
    python = await fleet.python()
    ;[taken, done] = [[], []]
  })

  afterEach(() => fleet.disband())

  async function join(processName = 'ts') {
    const gate = new Promise<void>((resolve) => (openGate = resolve))
    const bus = fleet.bus([shared], processName)
    bus.serve(shared)
    const handle = async ({ n }: { n: number }): Promise<void> => {
      taken.push(n)
      await gate
      done.push(n)
    }
    bus.ts.shared.counted.listen(handle, { listenerName: 'shared' })
    await bus.start()
    return bus
  }

  const doneByPython = (): readonly number[] => python.saying('shared').map(({ shared: n }) => n as number)
  const all = (): readonly number[] => [...done, ...doneByPython()].toSorted((a, b) => a - b)

  it('has each event handled by exactly one of them, and none lost', async () => {
    const bus = await join()
    const numbers = Array.from({ length: 60 }, (_, n) => n)
    for (const n of numbers) await bus.ts.shared.counted.fire({ n })
    await python.until(() => taken.length > 0 && python.saying('taken').length > 0, 'both have some')
    openGate()
    await python.openGate()
    await python.until(() => all().length >= numbers.length, 'all events are handled')
    expect(all()).to.deep.equal(numbers)
    await until(async () => (await pending()) === 0, 'all are acknowledged')
    expect(await groups()).to.deep.equal(['fleet-shared'])
  })

  it('goes on here with what a killed Python process held', async () => {
    const bus = await join()
    openGate()
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    for (const n of numbers) await bus.ts.shared.counted.fire({ n })
    await python.until(() => python.saying('taken').length > 0, 'Python has some')
    await python.kill()
    await until(() => done.length >= numbers.length, 'the others are handled here')
    expect(all()).to.deep.equal(numbers)
  })

  it('goes on in Python with what a killed process of ours held', async () => {
    const output: string[] = []
    const killed = spawnBus(output)
    try {
      await until(() => output.join('').includes('listening'), 'the process listens')
      await python.openGate()
      const bus = fleet.bus([shared], 'firing')
      bus.serve(shared)
      const numbers = Array.from({ length: 20 }, (_, n) => n)
      for (const n of numbers) await bus.ts.shared.counted.fire({ n })
      await until(() => output.join('').includes('taken'), 'it has some')
      killed.kill('SIGKILL')
      await python.until(() => doneByPython().length >= numbers.length, 'Python handles the others')
      expect(all()).to.deep.equal(numbers)
    } finally {
      killed.kill('SIGKILL')
    }
  })

  it('leaves alone what is handled here for longer than acknowledgement_timeout', async () => {
    const bus = await join()
    await python.openGate()
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) await bus.ts.shared.counted.fire({ n })
    await until(() => taken.length > 0, 'an event is in hand here')
    const held = taken[0]
    const began = await seconds()
    // Twice the timeout of two seconds: Python has looked for what it may take over more than once.
    await until(async () => (await seconds()) - began > 4, 'the timeout is over')
    expect(doneByPython()).not.to.include(held)
    openGate()
    await until(() => all().length === 8, 'all are handled')
    expect(all()).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8])
  })

  function spawnBus(output: string[]): ChildProcess {
    const program = fileURLToPath(new URL('services/holding-bus.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import=tsx', '--conditions=@lightbus/source', program], {
      cwd: root,
      env: { PATH: process.env['PATH'], LIGHTBUS_CONFIG: fleet.config },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
    return child
  }

  async function pending(): Promise<number> {
    const [count] = (await fleet.redis.xpending(stream, 'fleet-shared')) as [number]
    return count
  }

  async function groups(): Promise<readonly (string | undefined)[]> {
    return ((await fleet.redis.xinfo('GROUPS', stream)) as string[][]).map(([, name]) => name)
  }

  async function seconds(): Promise<number> {
    const [time, microseconds] = await fleet.redis.time()
    return Number(time) + Number(microseconds) / 1e6
  }
})
