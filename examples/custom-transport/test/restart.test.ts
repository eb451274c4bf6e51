import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEventMessage, isBusError, realClock } from '@lightbus/core/transport'
import type { EventDelivery, EventSubscription, EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import { transportModule } from '../src/index.ts'

const address = { apiName: 'shop.orders', eventName: 'placed' }
const context = {
  serviceName: 'shop',
  processName: 'shop-1',
  clock: realClock,
  report: () => undefined,
}

describe('the file of a program that starts again', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lightbus-files-'))
  })

  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('has what was sent, and what was settled', async () => {
    await withEvents(async (events) => {
      const { subscription, next } = await listen(events)
      for (const id of ['a', 'b', 'c'])
        await events.send(createEventMessage({ id, ...address, parameters: {} }))
      const [first, second] = [await next(), await next()]
      await subscription.acknowledge(second.receipt)
      expect(first.event?.id).to.equal('a')
    })
    await withEvents(async (events) => {
      const { next } = await listen(events)
      expect([(await next()).event?.id, (await next()).event?.id]).to.deep.equal(['a', 'c'])
    })
  })

  it('loses no more than the line that a crash has cut off', async () => {
    await withEvents(async (events) => {
      await listen(events)
      await events.send(createEventMessage({ id: 'a', ...address, parameters: {} }))
    })
    appendFileSync(join(directory, 'events.jsonl'), '\n{"nativeId":"2","event":{"id":"b"')
    await withEvents(async (events) => {
      const { next } = await listen(events)
      await events.send(createEventMessage({ id: 'c', ...address, parameters: {} }))
      expect([(await next()).event?.id, (await next()).event?.id]).to.deep.equal(['a', 'c'])
    })
    await withEvents(async (events) => {
      const { next } = await listen(events)
      expect([(await next()).event?.id, (await next()).event?.id]).to.deep.equal(['a', 'c'])
    })
  })

  it('says that trying again cannot help where there is no file to be had', async () => {
    const events = transportModule.event.create({ file: directory }, context)
    const error: unknown = await events.open().catch((thrown: unknown) => thrown)
    if (!isBusError(error, 'BUS_TRANSPORT_REFUSED')) throw error
    expect(error.retriable).to.equal(false)
    expect((await events.health()).isUp).to.equal(false)
  })

  async function withEvents(act: (events: EventTransport) => Promise<void>): Promise<void> {
    const events = transportModule.event.create({ file: join(directory, 'events.jsonl') }, context)
    await events.open()
    await act(events)
    await events.close()
  }
})

interface Listening {
  readonly subscription: EventSubscription
  readonly next: () => Promise<EventDelivery>
}

async function listen(events: EventTransport): Promise<Listening> {
  const request = { listenerName: 'mail', events: [address], prefetch: () => 10 }
  const subscription = await events.subscribe(request)
  const deliveries = subscription.deliveries(new AbortController().signal)[Symbol.asyncIterator]()
  const next = async (): Promise<EventDelivery> => {
    const item = await deliveries.next()
    if (item.done) throw new Error('The deliveries have ended.')
    return item.value
  }
  return { subscription, next }
}
