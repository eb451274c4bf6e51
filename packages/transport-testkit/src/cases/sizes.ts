import { isBusError, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { busErrorOf } from './failures.ts'
import { listen, next } from './pulling.ts'
import { address, eventNamed } from './samples.ts'

const megabyte = 1_024 * 1_024
const hostileNames = [
  '__proto__',
  'constructor',
  'a:b',
  '*',
  '{x}',
  'a b',
  'größe🚌',
  '',
  'line\nbreak',
  'kwargs',
]

/** E75: what an event may carry. */
export const sizesCases = {
  E75: async (stage) => {
    const events = await stage.event()
    const { deliveries, subscription } = await listen(stage, events, { prefetch: () => 1 })
    for (const parameters of payloads()) {
      await events.send(eventNamed('payload', { parameters }))
      const delivery = await next(deliveries)
      expect(delivery.event?.parameters).to.deep.equal(parameters)
      await subscription.acknowledge(delivery.receipt)
    }
    await hostileEventNames(stage, events)
    await sizeLimit(stage)
  },
} satisfies Cases

function payloads() {
  let deep: { deeper?: object } = {}
  for (let level = 0; level < 500; level++) deep = { deeper: deep }
  const hostile = Object.fromEntries(hostileNames.filter((name) => name !== '').map((name) => [name, name]))
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  return [
    {},
    { text: '' },
    { text: 'x'.repeat(megabyte) },
    { base64: Buffer.from(bytes).toString('base64'), controls: String.fromCharCode(...bytes) },
    JSON.parse(JSON.stringify({ deep })) as {},
    JSON.parse(JSON.stringify(hostile).replace('{', '{"__proto__":"__proto__",')) as {},
  ]
}

async function hostileEventNames(stage: Stage, events: EventTransport): Promise<void> {
  for (const name of hostileNames.filter((each) => each !== '')) {
    const place = { apiName: `shop.${name}`, eventName: name }
    const { deliveries } = await listen(stage, events, { listenerName: `hears ${name}`, events: [place] })
    await events.send(eventNamed(`an event ${name}`, place))
    expect((await next(deliveries)).event).to.include(place)
  }
}

async function sizeLimit(stage: Stage): Promise<void> {
  const events = await stage.event({ wishes: { maxBytes: 10_000 } })
  const { maxBytes } = events.features
  // Whoever declares no limit carries anything.
  if (maxBytes === undefined) return
  const sized = (length: number) => eventNamed('large', { parameters: { text: 'x'.repeat(length) } })
  const { deliveries } = await listen(stage, events, { listenerName: 'large' })
  const error = await busErrorOf(events.send(sized(maxBytes)))
  const overhead = Number((error.facts as { bytes?: number }).bytes) - maxBytes
  expect(overhead, 'the bytes that an event has beside its parameters').to.be.within(1, maxBytes)
  const tooLarge = await busErrorOf(events.send(sized(maxBytes - overhead + 1)))
  expect(isBusError(tooLarge, 'BUS_MESSAGE_TOO_LARGE'), tooLarge.code).to.equal(true)
  expect(tooLarge.retriable).to.equal(false)
  expect(tooLarge.facts).to.include({ maxBytes, bytes: maxBytes + 1 })
  expect(tooLarge.message).to.include(`${address.apiName}.${address.eventName}`)
  await events.send(sized(maxBytes - overhead))
  expect((await next(deliveries)).event?.parameters).to.deep.equal(sized(maxBytes - overhead).parameters)
}
