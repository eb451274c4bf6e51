import { defineApi, outcomeTtlMs, procedure } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import sinon from 'sinon'
import { rpcConcurrency, waitingPerLimit } from '../src/worker/call-slots.ts'
import { keptLog, rejection, ScriptedBroker, until } from './scripted-broker.ts'

const sums = defineApi('sums', {
  procedures: {
    add: procedure({ n: { type: 'number' } }, { type: 'number' }),
    slow: procedure({}, { type: 'number' }),
  },
})
const other = defineApi('other', { procedures: { ask: procedure({}, { type: 'number' }) } })

/** A procedure whose calls end when they are told to. */
function held() {
  const running: ((value: number) => void)[] = []
  return { running, run: () => new Promise<number>((resolve) => running.push(resolve)) }
}

describe('serving calls', () => {
  it('keeps a procedure to its concurrency, and serves the others meanwhile', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums, other])
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run }, { procedures: { slow: { concurrency: 1 } } })
    bus.serve(other, { ask: () => 7 })
    await bus.start()
    const slow = [bus.sums.slow(), bus.sums.slow()]
    expect(await bus.sums.add({ n: 1 })).to.equal(1)
    expect(await bus.other.ask()).to.equal(7)
    expect(running).to.have.lengthOf(1)
    running[0]?.(1)
    await until(() => running.length === 2, 'the second starts when the first is done')
    running[1]?.(2)
    expect(await Promise.all(slow)).to.deep.equal([1, 2])
  })

  it('answers what would fill the waiting room alone at once, and serves the others', async () => {
    const broker = new ScriptedBroker()
    const { log, lines } = keptLog()
    await using bus = broker.bus([sums, other], { log })
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run }, { concurrency: 1 })
    bus.serve(other, { ask: () => 7 })
    await bus.start()
    const accepted = Array.from({ length: waitingPerLimit + 1 }, () => bus.sums.slow())
    await until(() => broker.held === waitingPerLimit + 1, 'one runs and the others wait')
    const busy = await rejection(bus.sums.slow())
    expect(busy).to.deep.include({ code: 'BUS_RPC_BUSY', retriable: true })
    expect(await bus.other.ask()).to.equal(7)
    for (let done = 0; done < accepted.length; done++) {
      await until(() => running.length > done, 'the next starts')
      running[done]?.(done)
    }
    await Promise.all(accepted)
    expect(lines.some(({ level }) => level === 'error')).to.equal(false)
  })

  it('leaves at the broker what no slot of the process is free for', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums])
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run })
    await bus.start()
    const calls = Array.from({ length: rpcConcurrency + 3 }, () => bus.sums.slow())
    await until(() => broker.calls.length === 3 && running.length === rpcConcurrency, 'three stay queued')
    for (let done = 0; done < calls.length; done++) {
      await until(() => running.length > done, 'the next starts')
      running[done]?.(1)
    }
    await Promise.all(calls)
  })

  it('does not take what a procedure met in a call of its own for what is wrong with the call to it', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums, other], { log: keptLog().log })
    bus.serve(other, { ask: () => 7 })
    bus.serve(sums, { add: ({ n }) => n, slow: () => bus.call('other.nothing', {}) as Promise<number> })
    await bus.start()
    const error = await rejection(bus.sums.slow())
    expect(error).to.deep.include({ code: 'BUS_RPC_REMOTE_FAILURE', retriable: false })
    expect(error).to.have.nested.property('facts.code', 'BUS_RPC_UNKNOWN_PROCEDURE')
    expect(error).to.have.nested.property('facts.procedure', 'sums.slow')
  })

  it('leaves no listener at a signal that outlives the call', async () => {
    const listeners = new Map<AbortSignal, Set<unknown>>()
    const of = (signal: AbortSignal): Set<unknown> => {
      const found = listeners.get(signal) ?? new Set()
      listeners.set(signal, found)
      return found
    }
    const { addEventListener, removeEventListener } = AbortSignal.prototype
    const adding = sinon.stub(AbortSignal.prototype, 'addEventListener').callsFake(function (
      this: AbortSignal,
      ...args
    ) {
      of(this).add(args[1])
      addEventListener.apply(this, args)
    })
    const removing = sinon.stub(AbortSignal.prototype, 'removeEventListener').callsFake(function (
      this: AbortSignal,
      ...args
    ) {
      of(this).delete(args[1])
      removeEventListener.apply(this, args)
    })
    try {
      const broker = new ScriptedBroker()
      await using bus = broker.bus([sums])
      // A signal is made only for who looks at it.
      bus.serve(sums, { add: ({ n }, { signal }) => (signal.aborted ? 0 : n), slow: () => 0 })
      await bus.start()
      await bus.sums.add({ n: 0 })
      const known = [...listeners].map(([signal, { size }]) => ({ signal, size }))
      for (let n = 0; n < 10; n += 1) await bus.sums.add({ n })
      expect(known.length).to.be.greaterThan(1)
      for (const { signal, size } of known) expect(of(signal).size).to.equal(size)
    } finally {
      adding.restore()
      removing.restore()
    }
  })

  it('never executes a call whose time is over while it waits', async () => {
    const clock = new VirtualClock()
    const broker = new ScriptedBroker()
    const { log, lines } = keptLog()
    await using bus = broker.bus([sums], { clock, log })
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run }, { procedures: { slow: { concurrency: 1 } } })
    await bus.start()
    const first = bus.sums.slow({}, { timeout: '1m' })
    await until(() => running.length === 1, 'the first runs')
    const second = rejection(bus.sums.slow({}, { timeout: '1s' }))
    await until(() => broker.held === 2, 'the second waits')
    clock.advance(1_000)
    expect((await second).code).to.equal('BUS_RPC_TIMEOUT')
    await until(() => broker.held === 1, 'it is done with')
    running[0]?.(1)
    expect(await first).to.equal(1)
    expect(await bus.sums.add({ n: 2 })).to.equal(2)
    expect(running).to.have.lengthOf(1)
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).to.deep.equal([])
  })

  it('does not deadlock when a procedure calls itself at concurrency 1', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums])
    bus.serve(
      sums,
      {
        add: async ({ n }) => {
          if (n === 0) return 0
          const [one] = await Promise.all([bus.sums.add({ n: n - 1 }), bus.sums.slow()])
          return one + 1
        },
        slow: () => 1,
      },
      { concurrency: 1 },
    )
    await bus.start()
    expect(await bus.sums.add({ n: 5 })).to.equal(5)
    expect(broker.refreshed).to.equal(5)
  })

  it('does not deadlock when more procedures call than the process can run', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums, other])
    bus.serve(sums, { add: async ({ n }) => n + (await bus.other.ask()), slow: () => 1 })
    bus.serve(other, { ask: () => 1 })
    await bus.start()
    const calls = Array.from({ length: rpcConcurrency * 2 }, (_, n) => bus.sums.add({ n }))
    expect(await Promise.all(calls)).to.deep.equal(calls.map((_, n) => n + 1))
  })

  it('executes what it has taken before it stops', async () => {
    const broker = new ScriptedBroker()
    const bus = broker.bus([sums])
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run }, { concurrency: 1 })
    await bus.start()
    const calls = [bus.sums.slow(), bus.sums.slow()]
    await until(() => broker.held === 2, 'one runs, one waits')
    const stopped = bus.stop()
    running[0]?.(1)
    await until(() => running.length === 2, 'the other runs')
    running[1]?.(2)
    expect(await Promise.all(calls)).to.deep.equal([1, 2])
    await stopped
  })

  it('refuses limits that cannot be', () => {
    const bus = new ScriptedBroker().bus([sums])
    const implementation = { add: () => 1, slow: () => 1 }
    const codeOf = (act: () => void): unknown => {
      try {
        act()
        return undefined
      } catch (error) {
        return (error as { code: unknown }).code
      }
    }
    for (const concurrency of [0, 1.5, -1, NaN])
      expect(codeOf(() => bus.serve(sums, implementation, { concurrency }))).to.equal(
        'BUS_CONCURRENCY_INVALID',
      )
    expect(
      codeOf(() => bus.serve(sums, implementation, { procedures: { add: { concurrency: 0 } } })),
    ).to.equal('BUS_CONCURRENCY_INVALID')
    // @ts-expect-error a name that is no procedure
    const misspelt = () => bus.serve(sums, implementation, { procedures: { ad: { concurrency: 1 } } })
    expect(codeOf(misspelt)).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
    const listening = () => bus.listen(['sums.x'], () => undefined, { listenerName: 'l', concurrency: 0 })
    expect(codeOf(listening)).to.equal('BUS_CONCURRENCY_INVALID')
  })
})

describe('an idempotency key', () => {
  it('makes calls of a procedure one execution with one value', async () => {
    const broker = new ScriptedBroker({ idempotency: true })
    await using bus = broker.bus([sums])
    let executed = 0
    bus.serve(sums, { add: ({ n }) => n + executed++, slow: () => 10 + executed++ })
    await bus.start()
    expect(await bus.sums.add({ n: 5 }, { idempotencyKey: 'a' })).to.equal(5)
    expect(await bus.sums.add({ n: 5 }, { idempotencyKey: 'a' })).to.equal(5)
    expect(await bus.sums.slow({}, { idempotencyKey: 'a' })).to.equal(11)
    expect(await bus.sums.add({ n: 5 }, { idempotencyKey: 'b' })).to.equal(7)
    expect(await bus.sums.add({ n: 5 })).to.equal(8)
  })

  it('is busy while the first call runs', async () => {
    const broker = new ScriptedBroker({ idempotency: true })
    await using bus = broker.bus([sums])
    const { running, run } = held()
    bus.serve(sums, { add: ({ n }) => n, slow: run })
    await bus.start()
    const first = bus.sums.slow({}, { idempotencyKey: 'a' })
    await until(() => running.length === 1, 'it runs')
    expect(await rejection(bus.sums.slow({}, { idempotencyKey: 'a' }))).to.deep.include({
      code: 'BUS_RPC_BUSY',
      retriable: true,
    })
    running[0]?.(3)
    expect(await first).to.equal(3)
  })

  it('is free again when the call failed, also by a result that does not fit', async () => {
    const broker = new ScriptedBroker({ idempotency: true })
    await using bus = broker.bus([sums])
    const answers: unknown[] = [new Error('no'), 'text', 4]
    bus.serve(sums, {
      add: ({ n }) => n,
      slow: () => {
        const next = answers.shift()
        if (next instanceof Error) throw next
        return next as number
      },
    })
    await bus.start()
    const again = () => bus.sums.slow({}, { idempotencyKey: 'a' })
    expect((await rejection(again())).code).to.equal('BUS_RPC_REMOTE_FAILURE')
    expect((await rejection(again())).code).to.equal('BUS_RPC_INVALID_RESULT')
    expect(await again()).to.equal(4)
  })

  it('is kept for a day, and its value is given also when it cannot be kept', async () => {
    const broker = new ScriptedBroker({ idempotency: true })
    const { log, lines } = keptLog()
    await using bus = broker.bus([sums], { log })
    bus.serve(sums, { add: ({ n }) => n, slow: () => 1 })
    await bus.start()
    const times: number[] = []
    const { claim } = broker.outcomes
    Object.assign(broker.outcomes, {
      claim: (apiName: string, key: string, options: { ttlMs: number }) => {
        times.push(options.ttlMs)
        return claim(apiName, key, options)
      },
      record: async (_: string, __: string, ___: unknown, { ttlMs }: { ttlMs: number }) => {
        times.push(ttlMs)
        throw new Error('full')
      },
    })
    expect(await bus.sums.slow({}, { idempotencyKey: 'a' })).to.equal(1)
    expect(times).to.deep.equal([outcomeTtlMs, outcomeTtlMs])
    expect(outcomeTtlMs).to.equal(86_400_000)
    expect(lines.map(({ message }) => message)).to.include('The outcome of a call could not be recorded')
  })

  it('is refused before sending where the transport keeps no outcomes', async () => {
    const broker = new ScriptedBroker()
    await using bus = broker.bus([sums])
    const error = await rejection(bus.sums.add({ n: 1 }, { idempotencyKey: 'a' }))
    expect(error.code).to.equal('BUS_TRANSPORT_FEATURE_ABSENT')
    expect(error.message).to.contain('idempotency')
    expect(broker.calls).to.deep.equal([])
  })
})
