import { expect } from 'chai'
import { statePlugin } from '../../src/plugins/state-plugin.ts'
import { until } from '../scripted-broker.ts'
import { pluginContext } from './plugin-context.ts'

const started = {
  serves: ['shop', 'till'],
  listens: [{ listenerName: 'l', events: ['auth.user_registered', 'auth.user_left'] }],
  plugins: ['internal_state'],
}
const options = { ping_enabled: true, ping_interval: 60 }

async function startedPlugin(more: object = {}, outcome?: () => Promise<void>) {
  const told = pluginContext(outcome)
  const plugin = statePlugin.create({ ...options, ...more }, told.context)
  await plugin.start?.(started)
  return { ...told, plugin, names: () => told.fired.map(({ event }) => event.split('.').at(-1)) }
}

describe('the plugin internal_state', () => {
  it('tells of the start, of every interval, and of the end', async () => {
    const { plugin, fired, names, clock } = await startedPlugin({ ping_interval: '30s' })
    const state = {
      service_name: 'shop',
      process_name: 'p1',
      metrics_enabled: false,
      api_names: ['shop', 'till'],
      listening_for: ['auth.user_registered', 'auth.user_left'],
      ping_interval: 30,
    }
    const startedAt = clock.now() / 1_000
    expect(fired).to.deep.equal([
      { event: 'internal.state.worker_started', parameters: { ...state, timestamp: startedAt } },
    ])
    clock.advance(30_000)
    expect(fired[1]).to.deep.equal({
      event: 'internal.state.worker_ping',
      parameters: { ...state, timestamp: startedAt + 30 },
    })
    await plugin.stop?.()
    expect(fired[2]).to.deep.equal({
      event: 'internal.state.worker_stopped',
      parameters: { process_name: 'p1', timestamp: startedAt + 30 },
    })
    expect([names().length, clock.timers]).to.deep.equal([3, 0])
  })

  it('keeps time when a ping fails', async () => {
    const { names, clock, lines } = await startedPlugin({}, async () => {
      throw new Error('away')
    })
    for (const count of [1, 2, 3]) {
      clock.advance(59_999)
      expect(names().length).to.equal(count)
      clock.advance(1)
      expect(names()[count]).to.equal('worker_ping')
      await until(() => lines.length === count + 1, 'the failure is told')
    }
  })

  it('leaves a ping out while the last one is on its way, and tells of the end after it', async () => {
    let arrive: () => void = () => undefined
    let isSlow = false
    const { plugin, names, clock } = await startedPlugin({}, () =>
      isSlow ? new Promise((resolve) => (arrive = resolve)) : Promise.resolve(),
    )
    isSlow = true
    clock.advance(180_000)
    const stopped = plugin.stop?.()
    expect(names()).to.deep.equal(['worker_started', 'worker_ping'])
    isSlow = false
    arrive()
    await stopped
    expect(names()).to.deep.equal(['worker_started', 'worker_ping', 'worker_stopped'])
  })

  it('does not ping when ping_enabled is false', async () => {
    const { names, clock } = await startedPlugin({ ping_enabled: false })
    expect(clock.timers).to.equal(0)
    expect(names()).to.deep.equal(['worker_started'])
  })

  it('is not in the way of a worker whose state cannot be told', async () => {
    const { plugin, lines } = await startedPlugin({}, async () => {
      throw new Error('away')
    })
    await plugin.stop?.()
    expect(lines.map(({ level, facts }) => [level, facts['event']])).to.deep.equal([
      ['warn', 'worker_started'],
      ['warn', 'worker_stopped'],
    ])
  })
})
