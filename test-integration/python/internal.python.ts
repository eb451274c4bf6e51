import { expect } from 'chai'
import { until } from '../test/each-transport.ts'
import { Fleet } from './fleet.ts'

interface Heard {
  readonly name: string
  readonly parameters: Readonly<Record<string, unknown>>
}

const events = [
  ...['worker_started', 'worker_ping', 'worker_stopped'].map((name) => `internal.state.${name}`),
  ...['rpc_call_sent', 'rpc_call_received', 'rpc_response_sent', 'rpc_response_received'].map(
    (name) => `internal.metrics.${name}`,
  ),
  ...['event_fired', 'event_received', 'event_processed'].map((name) => `internal.metrics.${name}`),
]

describe('what Python tells of itself', () => {
  let fleet: Fleet
  before(async () => (fleet = await Fleet.assemble()))
  after(() => fleet.disband())

  it('is heard here: state and metrics', async () => {
    const bus = fleet.bus([])
    const heard: Heard[] = []
    const ours = new Set<string>()
    bus.listen(
      events,
      // The file turns the plugins on for us as well.
      (parameters: Heard['parameters'], { message }) =>
        parameters['process_name'] === 'ts'
          ? ours.add(message.name)
          : heard.push({ name: message.name, parameters }),
      { listenerName: 'dashboard' },
    )
    // Its schemas are there before we listen: what it tells does not fit them.
    const earlier = await fleet.python({ processName: 'earlier' })
    await bus.start()
    await earlier.stop()
    const python = await fleet.python()
    await python.fire('py.tally.counted', { n: 1 })
    expect(await python.call('py.sums.add', { a: 1 })).to.equal(3)
    await python.until(() => heard.some(({ name }) => name.endsWith('worker_ping')), 'a ping')
    await python.stop()
    await until(() => heard.some(({ name }) => name.endsWith('worker_stopped')), 'the end')
    const about = (name: string) => heard.find((each) => each.name === name)?.parameters
    expect(about('internal.state.worker_started')).to.deep.include({
      service_name: 'fleet',
      process_name: 'py',
      api_names: ['py.values', 'py.sums', 'py.tally', 'py.slow'],
    })
    expect(about('internal.metrics.event_fired')).to.deep.include({
      api_name: 'py.tally',
      event_name: 'counted',
      kwargs: { n: 1 },
    })
    expect(about('internal.metrics.rpc_response_sent')).to.deep.include({ procedure_name: 'add', result: 3 })
    expect(heard.map(({ name }) => name)).to.include.members([
      'internal.metrics.rpc_call_sent',
      'internal.metrics.rpc_call_received',
      'internal.metrics.rpc_response_received',
    ])
    expect([...ours]).to.include('internal.state.worker_started')
    await until(() => ours.has('internal.state.worker_ping'), 'a ping of ours')
    // Both publish the same schemas.
    expect(bus.lines.filter((line) => line.includes('published with another schema'))).to.deep.equal([])
  })
})
