import { createBus, defineApi, event } from '@lightbus/core'
import type { TransportModule } from '@lightbus/core/transport'
import { expect } from 'chai'
import { ApiRegistry } from '../src/api/api-registry.ts'
import { MessageValidator } from '../src/schema/message-validator.ts'
import { SchemaRegistry } from '../src/schema/schema-registry.ts'
import { createEventMessage } from '../src/messages/event-message.ts'

const shop = defineApi('shop', { events: { opened: event() } })
const optionsSchema = { type: 'object', properties: {}, additionalProperties: false } as const
const transport = {
  name: 'scripted',
  address: 'nowhere',
  open: async () => undefined,
  close: async () => undefined,
  health: async () => ({ isUp: true }) as const,
}

/** A bus over a transport of the test's own. */
const busOver = (module: TransportModule) =>
  createBus({
    apis: [shop],
    config: { apis: { default: {} } },
    logLevel: 'critical',
    transports: { memory: module },
  })

const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: { code: unknown }) => error.code,
  )

describe('core over a scripted transport', () => {
  it('refuses a module that makes no transport', async () => {
    expect(await codeOf(busOver({ name: 'scripted' }).start())).to.equal('BUS_TRANSPORT_MODULE_INVALID')
  })

  it('refuses a kind of message that the transport does not carry', async () => {
    const notThisTime = () => {
      throw new Error('not in this test')
    }
    const bus = busOver({ name: 'scripted', event: { optionsSchema, create: notThisTime } })
    expect(await codeOf(bus.start())).to.equal('BUS_TRANSPORT_KIND_ABSENT')
  })

  it('says once which keys of the configuration have no effect, those of the transport among them', async () => {
    const idle = { type: 'number', withoutEffect: true }
    const options = { ...optionsSchema, properties: { pool: idle, other: idle } }
    const lines: string[] = []
    const ignore = () => undefined
    const warn = (_: object, message: string) => void lines.push(message)
    const enough = new Error('enough')
    const bus = createBus({
      config: { apis: { default: { event_fire_timeout: 1, event_transport: { memory: { pool: 1 } } } } },
      log: { debug: ignore, info: ignore, warn, error: ignore },
      transports: {
        memory: {
          name: 'scripted',
          event: { optionsSchema: options, create: () => Promise.reject(enough) as never },
        },
      },
    })
    for (const _ of [1, 2]) await bus.fire('shop.opened').catch(ignore)
    expect(lines).to.deep.equal([
      'The configuration given to createBus has keys without an effect here: apis.default.event_transport.memory.pool, apis.default.event_fire_timeout',
    ])
  })

  it('refuses a delay where the transport has none', async () => {
    const sent: unknown[] = []
    const bus = busOver({
      name: 'scripted',
      event: {
        optionsSchema,
        create: () => ({
          ...transport,
          features: {},
          send: async (sending) => void sent.push(sending),
          subscribe: () => Promise.reject(new Error('not in this test')),
        }),
      },
    })
    bus.serve(shop)
    expect(await codeOf(bus.shop.opened.fire({}, { delay: '1s' }))).to.equal('BUS_TRANSPORT_FEATURE_ABSENT')
    const { id } = await bus.shop.opened.fire({}, { id: 'mine', key: 'k', headers: { a: 'b' } })
    expect(id).to.equal('mine')
    expect(sent).to.have.lengthOf(1)
    expect(sent[0]).to.deep.include({ id: 'mine', key: 'k', headers: { a: 'b' }, version: 1 })
    await bus.stop()
  })

  it('refuses what no schema is known of where validation is strict, and lets it pass elsewhere', () => {
    const validatorWith = (strictValidation: boolean) =>
      new MessageValidator(new SchemaRegistry(new ApiRegistry([])), () => ({
        validate: { outgoing: true, incoming: true },
        castValues: true,
        strictValidation,
      }))
    const message = createEventMessage({ apiName: 'other', eventName: 'e', parameters: { a: 1 } })
    expect(() => validatorWith(true).event(message, 'incoming'))
      .to.throw()
      .with.property('code', 'BUS_SCHEMA_MISSING')
    expect(validatorWith(false).event(message, 'incoming')).to.deep.equal({ a: 1 })
  })
})
