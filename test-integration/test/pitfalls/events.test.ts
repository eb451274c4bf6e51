import type { ListenOptions, WrittenConfig } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { expect } from 'chai'
import { transports, until } from '../each-transport.ts'
import { gate, placeOn, shop, shopBus, type Different } from './stage.ts'

const listener = { service: 'listening', listenerName: 'l' } as const
const nothing = (): void => undefined

/** The owner of the shop, which stays up and fires; the others listen. */
async function ownerOf(config: WrittenConfig, different: Different = {}) {
  const owner = shopBus(config, { service: 'owner', ...different })
  owner.serve(shop, { pack: ({ n }) => n })
  await owner.start()
  return owner
}

type Handler = (n: number, attempt: number) => unknown

/** A started process of a service that listens. */
async function listening(
  config: WrittenConfig,
  handler: Handler,
  { different = {}, ...options }: Partial<ListenOptions> & { readonly different?: Different } = {},
) {
  const bus = shopBus(config, { service: listener.service, ...different })
  bus.shop.placed.listen(({ n }, { attempt }) => handler(n, attempt), {
    listenerName: listener.listenerName,
    ...options,
  })
  await bus.start()
  return bus
}

for (const transport of transports) {
  describe(`events, where others lose or repeat them, over ${transport}`, () => {
    it('the start of a service leaves alone the group of another one that waits for its first event', async () => {
      await using place = placeOn(transport)
      await using owner = await ownerOf(place.config)
      const heard: number[] = []
      await (await listening(place.config, nothing)).stop()
      await using other = await listening(place.config, nothing, { different: { service: 'other' } })
      await owner.shop.placed.fire({ n: 1 })
      await using _ = await listening(place.config, (n) => heard.push(n))
      await until(() => heard.length === 1, 'what was fired meanwhile')
      await other.stop()
    })

    it('what was fired while a service was down arrives when it is back, once, whatever start it asks for', async () => {
      for (const since of ['new', 'beginning', new Date(0)] as const) {
        await using place = placeOn(transport)
        await using owner = await ownerOf(place.config)
        const heard: number[] = []
        for (const round of [1, 2, 3]) {
          const bus = await listening(place.config, (n) => heard.push(n), { since })
          await owner.shop.placed.fire({ n: round * 2 })
          await until(() => heard.includes(round * 2), 'what is fired while it is up')
          await bus.stop()
          await owner.shop.placed.fire({ n: round * 2 + 1 })
        }
        expect(heard, String(since)).to.deep.equal([2, 3, 4, 5, 6])
      }
    })

    it('an event is done with when its handler has ended, not when it was received', async () => {
      await using place = placeOn(transport)
      await using owner = await ownerOf(place.config)
      const started = gate()
      const doomed = await listening(place.config, () => (started.open(), new Promise(nothing)))
      await owner.shop.placed.fire({ n: 1 })
      await started.opened
      await doomed.stop({ force: true })
      const heard: number[] = []
      await using _ = await listening(place.config, (n) => heard.push(n))
      await until(() => heard.length === 1, 'it is delivered again')
    })

    it('a slow event holds back the acknowledgement of no other', async () => {
      await using place = placeOn(transport)
      await using owner = await ownerOf(place.config)
      const slow = gate()
      const handled: number[] = []
      const handler = async (n: number): Promise<void> => {
        if (n === 0) await slow.opened
        handled.push(n)
      }
      await using bus = await listening(place.config, handler, { concurrency: 3, prefetch: 10 })
      for (let n = 0; n < 10; n++) await owner.shop.placed.fire({ n })
      await until(() => handled.length === 9, 'the others are handled')
      const events = await bus.eventTransport()
      const address = {
        listenerName: listener.listenerName,
        events: [{ apiName: 'shop', eventName: 'placed' }],
      }
      await until(async () => {
        const { lag, pending } = (await events.standing?.(address)) ?? { lag: -1, pending: -1 }
        return lag === 0 && pending === 1
      }, 'all but the slow one are acknowledged')
      slow.open()
    })

    it('when an event is tried again has nothing to do with how long a process may hold it', async () => {
      const retry = { delay: '50ms', backoff: 'fixed', jitter: false }
      await using place = placeOn(transport, { retry }, { acknowledgement_timeout: '1h' })
      await using owner = await ownerOf(place.config)
      const attempts: number[] = []
      await using _ = await listening(place.config, (_n, attempt) => {
        attempts.push(attempt)
        if (attempt < 3) throw new Error('not yet')
      })
      await owner.shop.placed.fire({ n: 1 })
      await until(() => attempts.length === 3, 'three attempts')
      expect(attempts).to.deep.equal([1, 2, 3])
    })

    it('the pause before the next attempt counts from the failure, not from when the event was fetched', async () => {
      const pauseMs = 150
      const retry = { delay: `${pauseMs}ms`, backoff: 'fixed', jitter: false }
      await using place = placeOn(transport, { retry })
      await using owner = await ownerOf(place.config)
      const times: number[] = []
      await using _ = await listening(place.config, async (_n, attempt) => {
        times.push(performance.now())
        if (attempt > 1) return
        await until(
          () => performance.now() - (times[0] ?? 0) > pauseMs * 1.5,
          'the handler has worked for long',
        )
        times.push(performance.now())
        throw new Error('not yet')
      })
      await owner.shop.placed.fire({ n: 1 })
      await until(() => times.length === 3, 'the second attempt')
      const [, failedAt = 0, againAt = 0] = times
      expect(againAt - failedAt).to.be.within(pauseMs - 10, pauseMs * 10)
    })
  })
}

describe('events, where time matters, in memory', () => {
  it('arrive at once at a listener that was idle, though no time passes', async () => {
    const clock = new VirtualClock()
    await using place = placeOn('memory')
    await using owner = await ownerOf(place.config, { clock })
    const heard: number[] = []
    await using _ = await listening(place.config, (n) => heard.push(n), { different: { clock } })
    const began = clock.now()
    for (const n of [1, 2, 3]) {
      await owner.shop.placed.fire({ n })
      await until(() => heard.length === n, `event ${n}`)
      expect(await owner.shop.pack({ n })).to.equal(n)
    }
    expect(clock.now()).to.equal(began)
  })

  it('stay with a handler that takes far longer than a lease, and do not become dead letters', async () => {
    const clock = new VirtualClock()
    await using place = placeOn('memory', {}, { acknowledgement_timeout: '1s' })
    await using owner = await ownerOf(place.config, { clock })
    const slow = gate()
    const started: string[] = []
    const processes = await Promise.all(
      ['one', 'two'].map((process) =>
        listening(place.config, () => (started.push(process), slow.opened), {
          different: { process, clock },
        }),
      ),
    )
    await owner.shop.placed.fire({ n: 1 })
    await until(() => started.length === 1, 'it is being handled')
    for (let second = 0; second < 600; second++) {
      clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    slow.open()
    for (const bus of processes) await bus.stop()
    expect(started).to.have.lengthOf(1)
    expect(
      processes.flatMap(({ lines }) => lines.filter((line) => line.includes('dead letter'))),
    ).to.deep.equal([])
  })
})

describe('an idle listener over redis', () => {
  it('has an event in well under the time that its read waits', async () => {
    await using place = placeOn('redis')
    await using owner = await ownerOf(place.config)
    let heardAt = 0
    await using _ = await listening(place.config, () => (heardAt = performance.now()))
    const tookMs: number[] = []
    for (let n = 0; n < 10; n++) {
      heardAt = 0
      const began = performance.now()
      await owner.shop.placed.fire({ n })
      await until(() => heardAt > 0, 'it is heard')
      tookMs.push(heardAt - began)
    }
    expect(Math.min(...tookMs)).to.be.below(50)
  })
})
