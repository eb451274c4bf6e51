import { defineApi, event, type DeadLetter, type ListenOptions, type WrittenConfig } from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import {
  busError,
  privateConfig,
  quietBus,
  transports,
  until,
  type TransportName,
} from '../each-transport.ts'

const shop = defineApi('shop', {
  events: { order_placed: event({ order: z.string() }), order_paid: event({ order: z.string() }) },
})

class OutOfStock extends Error {}
class Unpayable extends Error {
  readonly code = 'UNPAYABLE'
}

/** A service that fires orders and listens for them, with its file and its code. */
function stage(transport: TransportName, { api = {}, file = {} }: { api?: object; file?: object } = {}) {
  const swift = { attempts: 3, delay: '5ms', jitter: false }
  const config: WrittenConfig = { ...privateConfig(transport, { retry: swift, ...api }), ...file }
  const bus = quietBus([shop], config)
  bus.serve(shop)
  const handled: string[] = []
  const listen = (fail: (order: string, attempt: number) => unknown, options: Partial<ListenOptions> = {}) =>
    bus.shop.order_placed.listen(
      ({ order }, { attempt }) => {
        handled.push(`${order}/${attempt}`)
        const error = fail(order, attempt)
        if (error) throw error
      },
      { listenerName: 'packing', ...options },
    )
  const letters = async (): Promise<DeadLetter[]> => {
    const found: DeadLetter[] = []
    for await (const letter of bus.deadLetters.list('packing')) found.push(letter)
    return found
  }
  const dead = (count: number) =>
    until(async () => (await letters()).length === count, `${count} dead letters`)
  const place = (order: string, headers = {}) => bus.shop.order_placed.fire({ order }, { headers })
  const done = (what: string) => until(() => handled.includes(what), `${what} is handled`)
  return { bus, listen, letters, dead, handled, place, done }
}

for (const transport of transports) {
  describe(`failure policies over ${transport}`, () => {
    it('of the API: an event is tried again as often as the file says, and then kept as a dead letter', async () => {
      const { bus, listen, letters, dead, handled, place } = stage(transport)
      await using _ = bus
      listen(() => new OutOfStock('nothing left'))
      await bus.start()
      const { id } = await place('a', { tenant: 'acme' })
      await dead(1)
      expect(handled).to.deep.equal(['a/1', 'a/2', 'a/3'])
      const [letter] = await letters()
      expect(letter?.event).to.deep.include({ id, parameters: { order: 'a' }, headers: { tenant: 'acme' } })
      expect(letter?.reason).to.deep.include({ code: 'Error', message: 'nothing left', attempts: 3 })
      expect(letter?.reason.stack).to.contain('failures.test')
      expect(letter?.group).to.equal('service-packing')
      expect(letter?.nativeId).to.be.a('string').and.not.equal('')
      expect(letter?.deadAt.getTime()).to.be.closeTo(Date.now(), 60_000)
    })

    it('of a listener: the file is stronger than its API, and code than the file', async () => {
      const listeners = { packing: { retry: { attempts: 2 } }, other: { retry: { attempts: 9 } } }
      const { bus, listen, dead, handled, place } = stage(transport, { file: { listeners } })
      await using _ = bus
      listen(() => new OutOfStock())
      const others: number[] = []
      const fail = (_: object, { attempt }: { attempt: number }) => {
        others.push(attempt)
        throw new OutOfStock()
      }
      bus.shop.order_placed.listen(fail, { listenerName: 'other', retry: { attempts: 4 } })
      await bus.start()
      await place('a')
      await dead(1)
      await until(() => others.length === 4, 'four attempts')
      expect(handled).to.deep.equal(['a/1', 'a/2'])
      expect(others).to.deep.equal([1, 2, 3, 4])
    })

    it('match errors by class and code, and know which are final', async () => {
      const { bus, listen, letters, dead, handled, place, done } = stage(transport)
      await using _ = bus
      const errors = { final: new Unpayable(), dropped: new OutOfStock(), again: new Error() } as const
      listen((order) => errors[order as keyof typeof errors], {
        retry: { final: ['UNPAYABLE'], rules: [{ match: [OutOfStock], onError: 'acknowledge_and_log' }] },
      })
      await bus.start()
      for (const order of Object.keys(errors)) await place(order)
      await dead(2)
      await done('again/3')
      expect(handled.filter((one) => !one.startsWith('again'))).to.deep.equal(['final/1', 'dropped/1'])
      expect((await letters()).map(({ reason }) => reason.attempts)).to.deep.equal([1, 3])
    })

    it('acknowledge_and_log drops what fails, and goes on with the next', async () => {
      const { bus, listen, letters, handled, place, done } = stage(transport, {
        api: { on_error: 'acknowledge_and_log' },
      })
      await using _ = bus
      listen((order) => (order === 'a' ? new OutOfStock('gone') : undefined))
      await bus.start()
      await place('a')
      await place('b')
      await done('b/1')
      expect(handled).to.deep.equal(['a/1', 'b/1'])
      expect(await letters()).to.deep.equal([])
      expect(bus.lines.some((line) => line.includes('the event is dropped'))).to.equal(true)
    })

    it('shutdown stops the worker with the error, and leaves the event to the next one', async () => {
      const { bus, listen, handled, place } = stage(transport, { api: { on_error: 'shutdown' } })
      listen(() => new OutOfStock('gone'))
      await bus.start()
      await place('a')
      expect(await bus.finished).to.be.instanceOf(OutOfStock)
      expect(handled).to.deep.equal(['a/1'])
    })

    it('an event that does not fit its schema goes the same way at once, and the stream goes on', async () => {
      const { bus, listen, dead, handled, letters, done } = stage(transport, {
        api: { validate: { outgoing: false, incoming: true } },
      })
      await using _ = bus
      listen(() => undefined)
      await bus.start()
      await bus.fire('shop.order_placed', { order: 7 })
      await bus.fire('shop.order_placed', { order: 'b' })
      await done('b/1')
      await dead(1)
      expect(handled).to.deep.equal(['b/1'])
      expect((await letters())[0]?.reason).to.include({ code: 'BUS_EVENT_INVALID', attempts: 1 })
    })
  })

  describe(`dead letters over ${transport}`, () => {
    /** Three orders that failed, one of them for another reason, and a listener that handles them from now on. */
    async function given() {
      const played = stage(transport, { api: { retry: { attempts: 1 } } })
      const broken = { isBroken: true }
      played.listen((order) => {
        if (!broken.isBroken) return undefined
        return order === 'b' ? new Unpayable('no money') : new OutOfStock('none left')
      })
      const others: string[] = []
      played.bus.shop.order_placed.listen(({ order }) => others.push(order), { listenerName: 'other' })
      await played.bus.start()
      for (const order of ['a', 'b', 'c']) await played.place(order)
      await played.dead(3)
      broken.isBroken = false
      return { ...played, others, broken }
    }

    it('are redriven to their listener only, with the attempts counted anew', async () => {
      const { bus, handled, others, letters, done } = await given()
      await using _ = bus
      expect(await bus.deadLetters.redrive('packing')).to.equal(3)
      for (const order of ['a', 'b', 'c'])
        await until(() => handled.filter((one) => one === `${order}/1`).length === 2, `${order} again`)
      await done('c/1')
      expect(others).to.deep.equal(['a', 'b', 'c'])
      expect(await letters()).to.deep.equal([])
    })

    it('are redriven by id, by filter, at a pace, and not at all in a dry run', async () => {
      const { bus, handled, letters } = await given()
      await using _ = bus
      const again = (order: string) =>
        until(() => handled.filter((one) => one === `${order}/1`).length === 2, `${order} again`)
      const [first] = await letters()
      expect(await bus.deadLetters.redrive('packing', { dryRun: true })).to.equal(3)
      expect(await letters()).to.have.lengthOf(3)
      expect(await bus.deadLetters.redrive('packing', { ids: [first?.id ?? ''] })).to.equal(1)
      await again('a')
      expect(await bus.deadLetters.redrive('packing', { codes: ['UNPAYABLE'], perSecond: 1_000 })).to.equal(1)
      await again('b')
      const where = ({ event: placed }: DeadLetter) => placed?.parameters['order'] === 'c'
      expect(await bus.deadLetters.redrive('packing', { where, events: ['shop.order_paid'] })).to.equal(0)
      expect(await bus.deadLetters.redrive('packing', { where })).to.equal(1)
      await again('c')
    })

    it('are discarded', async () => {
      const { bus, handled, letters } = await given()
      await using _ = bus
      expect(await bus.deadLetters.discard('packing', { codes: ['UNPAYABLE'], dryRun: true })).to.equal(1)
      expect(await bus.deadLetters.discard('packing', { codes: ['UNPAYABLE'] })).to.equal(1)
      expect((await letters()).map(({ reason }) => reason.message)).to.deep.equal(['none left', 'none left'])
      expect(await bus.deadLetters.discard('packing')).to.equal(2)
      expect(await letters()).to.deep.equal([])
      expect(handled).to.have.lengthOf(3)
    })

    it('of a listener that there is not are an error that names the nearest', async () => {
      const { bus, listen } = stage(transport)
      await using _ = bus
      listen(() => undefined)
      const error = await busError(bus.deadLetters.discard('pakking'))
      expect(error.code).to.equal('BUS_LISTENER_UNKNOWN')
      expect(error.message).to.contain('Did you mean "packing"?')
    })
  })

  describe(`the kill switch over ${transport}`, () => {
    it('pauses a listener whose failure rate passes the limit, says so, and tries again later', async () => {
      const { bus, listen, handled, place } = stage(transport, { api: { retry: { attempts: 1 } } })
      await using _ = bus
      let isBroken = true
      listen(() => (isBroken ? new OutOfStock() : undefined), {
        killSwitch: { failureRate: 0.5, of: 2, pause: '300ms' },
      })
      const others: string[] = []
      bus.shop.order_placed.listen(({ order }) => others.push(order), { listenerName: 'other' })
      await bus.start()
      for (const order of ['a', 'b', 'c', 'd']) await place(order)
      await until(() => others.length === 4, 'the other listener goes on')
      await until(() => bus.lines.some((line) => line.includes('pauses')), 'it says so')
      expect(handled).to.deep.equal(['a/1', 'b/1'])
      isBroken = false
      await until(() => handled.length === 4, 'it goes on')
      expect(handled).to.deep.equal(['a/1', 'b/1', 'c/1', 'd/1'])
      expect(bus.lines.filter((line) => /tries one event|goes on/.test(line))).to.have.lengthOf(2)
    })
  })
}
