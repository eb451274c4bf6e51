import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { Redis } from 'ioredis-6'
import { payloadOf, type Payload, type Place, type Subject } from '../src/subject.ts'
import { labelOf, subjects } from '../src/subjects.ts'
import { python } from '../src/subjects/python-process.ts'

const isPython = ({ name }: Subject): boolean => name.startsWith('Python')
const place = placeOf(10)

describe('the subjects of the benchmark', () => {
  // Two of one name would be one to those who look for it.
  it('each have a name of their own', () => {
    expect(new Set(subjects.map(labelOf)).size).to.equal(subjects.length)
  })

  for (const subject of subjects.filter((one) => !isPython(one)))
    describe(labelOf(subject), () => behaves(subject))
})

if (existsSync(python))
  describe('Python Lightbus as a subject of the benchmark', function () {
    this.timeout(60_000)
    const [subject] = subjects.filter(isPython)
    if (!subject) throw new Error('Python Lightbus is no subject')

    behaves(subject)

    it('keeps a load of calls and of events up by itself', async () => {
      const load = { ms: 300, inFlight: 5, bytes: 100 }
      await using started = starting()
      await started.keep(subject.calls?.serve(place))
      const caller = await started.keep(subject.calls?.connect(place))
      const firer = await started.keep(subject.events?.firing(place))
      for (const came of [await caller.callFor?.(load), await firer.fireFor?.(load)]) {
        expect(came?.count).to.be.greaterThan(5)
        expect(came?.ms).to.be.greaterThan(300)
        expect(came?.cpuUs).to.be.greaterThan(0)
        expect(came?.p99).to.be.at.least(came?.p50 ?? NaN)
      }
    })
  })

function behaves({ calls, events }: Subject): void {
  beforeEach(async () => {
    const redis = new Redis(place.url)
    await redis.flushdb()
    await redis.quit()
  })

  if (calls)
    it('answers a call with the payload that it was sent', async () => {
      await using started = starting()
      await started.keep(calls.serve(place))
      const caller = await started.keep(calls.connect(place))
      const payloads = Array.from({ length: 20 }, (_, order) => payloadOf(100, order))
      expect(await Promise.all(payloads.map((payload) => caller.call(payload)))).to.deep.equal(payloads)
    })

  if (!events) return
  const { isDurable, firing, handling } = events

  it('hands an event over with the payload that was fired', async () => {
    await using started = starting()
    const heard = new EventEmitter()
    await started.keep(
      handling(place, { concurrency: 10, handled: (payload) => heard.emit('event', payload) }),
    )
    const firer = await started.keep(firing(place))
    expect(await fireAndHear(firer, heard, payloadOf(200, 7))).to.deep.equal(payloadOf(200, 7))
  })

  if (isDurable)
    it('keeps events for a handler that is away, and hands them over when it is back', async () => {
      await using started = starting()
      const heard = new EventEmitter()
      const listen = () =>
        handling(place, { concurrency: 10, handled: (payload) => heard.emit('event', payload) })
      const firer = await started.keep(firing(place))
      const first = await listen()
      await fireAndHear(firer, heard, payloadOf(100, 1))
      await first.stop()
      const orders = Array.from({ length: 50 }, (_, index) => index + 2)
      for (const order of orders.slice(0, 25)) await firer.fire(payloadOf(100, order))
      const rest = orders.slice(25).map((order) => payloadOf(100, order))
      await (firer.fireMany?.(rest) ?? Promise.all(rest.map((payload) => firer.fire(payload))))

      const missing = new Set(orders)
      const all = new Promise<void>((resolve) =>
        heard.on('event', ({ order }: Payload) => {
          missing.delete(order)
          if (missing.size === 0) resolve()
        }),
      )
      await started.keep(listen())
      await all
    })
}

async function fireAndHear(
  firer: { fire(payload: Payload): Promise<unknown> },
  heard: EventEmitter,
  payload: Payload,
): Promise<unknown> {
  const [[received]] = await Promise.all([once(heard, 'event'), firer.fire(payload)])
  return received
}

/** Stops whatever was started, the last first. */
function starting() {
  const kept: { stop(): Promise<void> }[] = []
  return {
    async keep<S extends { stop(): Promise<void> }>(starting: Promise<S> | undefined): Promise<S> {
      const started = await starting
      if (!started) throw new Error('The subject does not have this.')
      kept.push(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      for (const started of kept.reverse()) await started.stop()
    },
  }
}

function placeOf(database: number): Place {
  const url = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1')
  url.pathname = `/${database}`
  return { url: url.href }
}
