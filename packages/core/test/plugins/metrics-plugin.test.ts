import { expect } from 'chai'
import { callTimeout, remoteFailure } from '../../src/errors/catalogue.ts'
import { createEventMessage } from '../../src/messages/event-message.ts'
import { createCall } from '../../src/messages/rpc-message.ts'
import { metricsPlugin } from '../../src/plugins/metrics-plugin.ts'
import { rejection, until } from '../scripted-broker.ts'
import { pluginContext } from './plugin-context.ts'

const event = createEventMessage({ apiName: 'shop', eventName: 'opened', parameters: { n: 1 } })
const call = createCall({ apiName: 'shop', procedureName: 'ask', parameters: { n: 1 } })
const addressed = { ...call, returnPath: 'here' }
const handling = { listenerName: 'l', attempt: 1 }

function metrics(outcome?: () => Promise<void>) {
  const told = pluginContext(outcome)
  const plugin = metricsPlugin.create({}, told.context)
  return { ...told, plugin, names: () => told.fired.map(({ event: path }) => path.split('.').at(-1)) }
}

describe('the plugin internal_metrics', () => {
  it('tells of an event when it is sent, before it is handled and after', async () => {
    const { plugin, fired, clock, names } = metrics()
    await plugin.fireEvent?.(event, async () => expect(names()).to.deep.equal([]) && undefined, {})
    await plugin.handleEvent?.(
      event,
      async () => void expect(names()[1]).to.equal('event_received'),
      handling,
    )
    expect(names()).to.deep.equal(['event_fired', 'event_received', 'event_processed'])
    for (const { parameters } of fired)
      expect(parameters).to.deep.equal({
        service_name: 'shop',
        process_name: 'p1',
        event_id: event.id,
        api_name: 'shop',
        event_name: 'opened',
        kwargs: { n: 1 },
        timestamp: clock.now() / 1_000,
      })
  })

  it('tells of no event that was not sent or not handled', async () => {
    const { plugin, names } = metrics()
    const fail = () => Promise.reject(new Error('no'))
    await rejection(plugin.fireEvent?.(event, fail, {}) ?? Promise.resolve())
    await rejection(plugin.handleEvent?.(event, fail, handling) ?? Promise.resolve())
    expect(names()).to.deep.equal(['event_received'])
  })

  it('tells of a call and its result, on both sides', async () => {
    const { plugin, fired, clock } = metrics()
    expect(await plugin.callRpc?.(call, async () => 'x')).to.equal('x')
    expect(await plugin.serveRpc?.(addressed, async () => 'x')).to.equal('x')
    const about = {
      service_name: 'shop',
      process_name: 'p1',
      id: call.id,
      api_name: 'shop',
      procedure_name: 'ask',
      timestamp: clock.now() / 1_000,
    }
    expect(fired).to.deep.equal([
      { event: 'internal.metrics.rpc_call_sent', parameters: { ...about, kwargs: { n: 1 } } },
      { event: 'internal.metrics.rpc_response_received', parameters: about },
      { event: 'internal.metrics.rpc_call_received', parameters: about },
      { event: 'internal.metrics.rpc_response_sent', parameters: { ...about, result: 'x' } },
    ])
  })

  it('tells of an error as of a result, and of no result where none came', async () => {
    const { plugin, fired, names } = metrics()
    const rejecting = async (error: Error) => {
      const rejected = plugin.callRpc?.(call, () => Promise.reject(error))
      expect(await rejection(rejected ?? Promise.resolve())).to.equal(error)
    }
    await rejecting(remoteFailure({ procedure: 'shop.ask', message: 'no' }))
    await rejecting(callTimeout({ procedure: 'shop.ask', timeoutMs: 1, servers: 'some' }))
    expect(names()).to.deep.equal(['rpc_call_sent', 'rpc_response_received', 'rpc_call_sent'])
    const failure = new RangeError('boom')
    const served = plugin.serveRpc?.(addressed, () => Promise.reject(failure))
    expect(await rejection(served ?? Promise.resolve())).to.equal(failure)
    expect(fired.at(-1)?.parameters).to.include({ result: 'boom' })
  })

  it('makes no metrics of metrics', async () => {
    const { plugin, fired } = metrics()
    const metric = createEventMessage({
      apiName: 'internal.metrics',
      eventName: 'event_fired',
      parameters: {},
    })
    await plugin.fireEvent?.(metric, async () => undefined, {})
    await plugin.handleEvent?.(metric, async () => undefined, handling)
    expect(fired).to.deep.equal([])
  })

  it('lets no message wait for a metric', async () => {
    const { plugin, fired } = metrics(() => new Promise(() => undefined))
    await plugin.fireEvent?.(event, async () => undefined, {})
    await plugin.handleEvent?.(event, async () => undefined, handling)
    expect(await plugin.callRpc?.(call, async () => 'x')).to.equal('x')
    expect(await plugin.serveRpc?.(addressed, async () => 'x')).to.equal('x')
    expect(fired).to.have.lengthOf(7)
  })

  it('lets no message fail with a metric, and warns once until one is told again', async () => {
    let isAway = true
    const { plugin, lines } = metrics(async () => {
      if (isAway) throw new Error('away')
    })
    const levels = () => lines.map(({ level }) => level)
    const fire = () => plugin.fireEvent?.(event, async () => undefined, {})
    await fire()
    await fire()
    await until(() => lines.length === 2, 'both are noted')
    isAway = false
    await fire()
    isAway = true
    await fire()
    await until(() => lines.length === 3, 'the third is noted')
    expect(levels()).to.deep.equal(['warn', 'debug', 'warn'])
  })

  it('drops metrics while too many are on their way', async () => {
    const { plugin, fired, lines } = metrics(() => new Promise(() => undefined))
    for (let n = 0; n < 10_002; n++) await plugin.fireEvent?.(event, async () => undefined, {})
    expect(fired).to.have.lengthOf(10_000)
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn', 'debug'])
  })
})
