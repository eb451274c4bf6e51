import { createBus, defineApi, procedure, type ServeOptions, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import {
  busError,
  keepingLog,
  privateConfig,
  transports,
  until,
  type TransportName,
} from '../each-transport.ts'
import { holding } from './holding.ts'

const n = { n: z.int() }
const reports = defineApi('reports', {
  procedures: { build: procedure(n, z.int()), list: procedure(n, z.int()) },
})
const users = defineApi('users', { procedures: { find: procedure(n, z.int()) } })

/** A service whose reports take as long as the test wants, and whose processes and callers share a configuration. */
function service(transport: TransportName, api: object = {}) {
  const config: WrittenConfig = privateConfig(transport, { rpc_timeout: '1m', ...api })
  const make = (processName: string) =>
    createBus({ apis: [reports, users], config, serviceName: 'office', processName, log: keepingLog().log })
  const serve = (processName: string, options: ServeOptions<typeof reports> = {}) => {
    const bus = make(processName)
    const held = holding<number>()
    const control = bus.serve(
      reports,
      { build: async (given) => held.hold(given.n).then(() => given.n), list: (given) => given.n },
      options,
    )
    bus.serve(users, { find: (given) => given.n })
    return { bus, held, control }
  }
  return { make, serve }
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

for (const transport of transports) {
  describe(`the flow of calls over ${transport}`, () => {
    it('concurrency of an API: in the file, stronger in code, and changed while the bus runs', async () => {
      const { serve } = service(transport, { concurrency: 2 })
      for (const [options, expected] of [
        [{}, 2],
        [{ concurrency: 4 }, 4],
      ] as const) {
        const { bus, held, control } = serve('p', options)
        await using _ = bus
        await bus.start()
        const calls = numbers(12).map((each) => bus.reports.build({ n: each }))
        await until(() => held.running.length === expected, `${expected} at a time`)
        control.limit({ concurrency: 6 })
        await until(() => held.running.length === 6, 'six at a time')
        control.limit({ concurrency: 1 })
        held.let(5)
        held.countAnew()
        await until(() => {
          held.let(1)
          return held.begun.length === 12 && held.running.length === 0
        }, 'all are executed')
        expect(held.most).to.equal(1)
        expect(await Promise.all(calls)).to.deep.equal(numbers(12))
      }
    })

    it('a slow API holds up no other, even with more calls than the process executes', async () => {
      const { bus, held } = service(transport).serve('p')
      await using _ = bus
      await bus.start()
      const slow = numbers(150).map((each) => bus.reports.build({ n: each }))
      await until(() => held.running.length === 100, 'as many as may')
      expect(await Promise.all(numbers(50).map((each) => bus.users.find({ n: each })))).to.deep.equal(
        numbers(50),
      )
      await until(() => {
        held.let()
        return held.begun.length === 150
      }, 'the others have their turn')
      held.let()
      expect(await Promise.all(slow)).to.deep.equal(numbers(150))
    })

    it('a slow procedure with a limit holds up no other of its API', async () => {
      const { bus, held } = service(transport).serve('p', { procedures: { build: { concurrency: 2 } } })
      await using _ = bus
      await bus.start()
      const slow = numbers(60).map((each) => bus.reports.build({ n: each }))
      await until(() => held.running.length === 2, 'as many as may')
      expect(await bus.reports.list({ n: 7 })).to.equal(7)
      await until(() => {
        held.let()
        return held.begun.length === 60 && held.running.length === 0
      }, 'all are executed')
      expect(held.most).to.equal(2)
      expect(await Promise.all(slow)).to.deep.equal(numbers(60))
    })

    it('what a process has no room for stays at the broker, for one that has', async () => {
      const { serve } = service(transport)
      const first = serve('p1')
      await using _first = first.bus
      await first.bus.start()
      const calls = numbers(130).map((each) => first.bus.reports.build({ n: each }))
      await until(() => first.held.running.length === 100, 'the first has no room for more')
      const second = serve('p2')
      await using _second = second.bus
      await second.bus.start()
      await until(() => second.held.running.length === 30, 'the second has the rest')
      first.held.let()
      second.held.let()
      expect(await Promise.all(calls)).to.deep.equal(numbers(130))
    })

    it('overload is answered as busy at once, while others are served: what is held stays bounded', async () => {
      const { make, serve } = service(transport)
      const { bus, held, control } = serve('p', { procedures: { build: { concurrency: 5 } } })
      await using _ = bus
      await using caller = make('caller')
      await bus.start()
      const calls = numbers(1_000).map((each) =>
        caller.reports.build({ n: each }).then(
          () => 'done',
          (error: { readonly code: string }) => error.code,
        ),
      )
      const outcomes: string[] = []
      for (const call of calls) void call.then((outcome) => outcomes.push(outcome))
      await until(() => outcomes.length === 895, 'all but 5 that run and 100 that wait are refused')
      expect(new Set(outcomes)).to.deep.equal(new Set(['BUS_RPC_BUSY']))
      expect(await caller.reports.list({ n: 1 })).to.equal(1)
      control.limit({ procedures: { build: { concurrency: 50 } } })
      await until(() => {
        held.let()
        return outcomes.length === 1_000
      }, 'those that were accepted are executed')
      expect(held.begun).to.have.lengthOf(105)
      expect(outcomes.filter((outcome) => outcome === 'done')).to.have.lengthOf(105)
    })

    it('prefetch of an API: how many may be held before others are refused', async () => {
      const { bus, held } = service(transport, { concurrency: 1, prefetch: 3 }).serve('p')
      await using _ = bus
      await bus.start()
      const accepted = [1, 2, 3].map((each) => bus.reports.build({ n: each }))
      await until(() => held.running.length === 1, 'one runs')
      const refused = await Promise.race([...accepted, busError(bus.reports.build({ n: 4 }))])
      expect(refused).to.deep.include({ code: 'BUS_RPC_BUSY', retriable: true })
      await until(() => {
        held.let()
        return held.begun.length === 3 && held.running.length === 0
      }, 'the others are executed')
      expect(await Promise.all(accepted)).to.deep.equal([1, 2, 3])
    })
  })
}

describe('limits that cannot be', () => {
  it('are refused where they are said, and change nothing', async () => {
    const { bus, held, control } = service('memory').serve('p', { concurrency: 2 })
    await using _ = bus
    const listener = bus.listen(['shop.placed'], () => undefined, { listenerName: 'l' })
    const wrong = [
      () => control.limit({ concurrency: 0 }),
      () => control.limit({ prefetch: 1.5 }),
      () => control.limit({ procedures: { build: { concurrency: -1 } } }),
      () => listener.limit({ concurrency: NaN }),
      () => listener.limit({ prefetch: 0 }),
      () => listener.limit({ rateLimit: { events: 0, per: '1s' } }),
      () => bus.listen([], () => undefined, { listenerName: 'x', prefetch: 0 }),
    ]
    for (const act of wrong) expect(act).to.throw().with.property('code', 'BUS_CONCURRENCY_INVALID')
    expect(() => listener.limit({ rateLimit: { events: 1, per: 'soon' } }))
      .to.throw()
      .with.property('code', 'BUS_DURATION_INVALID')
    expect(() => listener.limit({ prefetch: 0 })).to.throw('The listener "l" cannot have the prefetch 0.')
    await bus.start()
    const calls = numbers(3).map((each) => bus.reports.build({ n: each }))
    await until(() => held.running.length === 2, 'two run')
    await until(() => {
      held.let()
      return held.begun.length === 3 && held.running.length === 0
    }, 'all are executed')
    await Promise.all(calls)
    expect(held.most).to.equal(2)
  })
})
