import { readFile } from 'node:fs/promises'
import { createBus, defineApi, event, procedure, tokens, type WrittenConfig } from '@lightbus/core'
import { VirtualClock } from '@lightbus/core/testing'
import { transportUnavailable, type EventTransport } from '@lightbus/core/transport'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, keepingLog, privateConfig, transports, until } from '../each-transport.ts'

// What a Python service does in the recording, under the same names.
const sums = defineApi('py.sums', {
  procedures: {
    add: procedure({ a: z.int(), b: z.int().default(2) }, z.int()),
    fail: procedure({ message: z.string() }, z.null()),
  },
})
const tally = defineApi('py.tally', { events: { counted: event({ n: z.int() }) } })
const others = defineApi('ts.sums', { events: { added: event({ sum: z.int() }) } })

type Plain = Readonly<Record<string, unknown>>

interface Published {
  readonly events: Readonly<Record<string, { readonly parameters: { readonly required: readonly string[] } }>>
}

interface Told {
  readonly name: string
  readonly parameters: Plain
}

/** What Python published of its internal APIs, and what it fired first of each event. */
async function recording() {
  const url = new URL('../../recordings/python-internal-apis.json', import.meta.url)
  const entries = JSON.parse(await readFile(url, 'utf8')) as readonly {
    readonly command: readonly string[]
  }[]
  const schemas = new Map<string, Published>()
  const fired = new Map<string, Plain>()
  for (const { command } of entries) {
    const [verb, key = '', ...rest] = command
    if (verb === 'SET') schemas.set(key.replace('schema:', ''), JSON.parse(rest[0] ?? '') as Published)
    else {
      const fields = new Map<string, string>()
      for (let at = 1; at < rest.length; at += 2) fields.set(rest[at] ?? '', rest[at + 1] ?? '')
      const name = `${fields.get('api_name')}.${fields.get('event_name')}`
      const parameters = [...fields].filter(([field]) => field.startsWith(':'))
      if (!fired.has(name))
        fired.set(
          name,
          Object.fromEntries(parameters.map(([field, value]) => [field.slice(1), JSON.parse(value)])),
        )
    }
  }
  return { schemas, fired }
}

const events = ['worker_started', 'worker_ping', 'worker_stopped']
  .map((name) => `internal.state.${name}`)
  .concat(
    ['rpc_call_sent', 'rpc_call_received', 'rpc_response_sent', 'rpc_response_received']
      .concat(['event_fired', 'event_received', 'event_processed'])
      .map((name) => `internal.metrics.${name}`),
  )

/** A service that is like the one of the recording, with plugins. */
function service(config: WrittenConfig, plugins: object, clock?: VirtualClock) {
  const { log, lines } = keepingLog()
  const bus = createBus({
    apis: [sums, tally, others],
    config: { ...config, plugins: plugins as NonNullable<WrittenConfig['plugins']> },
    serviceName: 'fleet',
    processName: 'py',
    log,
    ...(clock && { override: (container) => container.register(tokens.clock, { useValue: clock }) }),
  })
  bus.serve(sums, {
    add: ({ a, b }) => a + b,
    fail: ({ message }) => {
      throw new RangeError(message)
    },
  })
  bus.serve(tally)
  return Object.assign(bus, { lines })
}

/** A service that hears what the others tell of themselves. */
function dashboard(config: WrittenConfig) {
  const told: Told[] = []
  const { log, lines } = keepingLog()
  let schema: (api: string) => unknown = () => undefined
  const bus = createBus({
    config,
    serviceName: 'dashboard',
    log,
    override: (container) => {
      schema = (api) => container.resolve(tokens.schemas).get(api)
    },
  })
  const hear = (parameters: Plain, { message }: { readonly message: { readonly name: string } }) =>
    told.push({ name: message.name, parameters })
  bus.listen(events, hear, { listenerName: 'dashboard' })
  const named = (name: string) => told.filter((each) => each.name.endsWith(`.${name}`))
  return Object.assign(bus, { told, named, lines, schema: (api: string) => schema(api) })
}

const both = {
  internal_state: { enabled: true, ping_interval: 1 },
  internal_metrics: { enabled: true },
}

for (const transport of transports) {
  describe(`internal_state and internal_metrics over ${transport}`, () => {
    it('publish the schemas of Lightbus for Python', async () => {
      const config = privateConfig(transport)
      const { schemas } = await recording()
      await using bus = service(config, both)
      await bus.start()
      await using other = dashboard(config)
      await other.start()
      for (const api of ['internal.state', 'internal.metrics'])
        expect(other.schema(api), api).to.deep.equal({ apiName: api, ...schemas.get(api) })
    })

    it('tell what Lightbus for Python tells, by the same names and with the same values', async () => {
      const config = privateConfig(transport)
      const { schemas, fired } = await recording()
      await using other = dashboard(config)
      await other.start()
      await using owner = createBus({ apis: [others], config, log: keepingLog().log })
      owner.serve(others)
      const bus = service(config, both)
      bus.ts.sums.added.listen(() => undefined, { listenerName: 'py_sums' })
      await bus.start()
      await owner.ts.sums.added.fire({ sum: 3 })
      await until(() => other.named('event_processed').length > 0, 'the event is handled')
      await bus.py.tally.counted.fire({ n: 1 })
      await bus.py.sums.add({ a: 1 })
      await until(() => other.named('worker_ping').length > 0, 'a ping')
      await bus.stop()
      await until(() => other.named('worker_stopped').length > 0, 'the end')
      for (const name of events) {
        const ours = other.told.find((each) => each.name === name)?.parameters ?? {}
        const dot = name.lastIndexOf('.')
        const demanded = schemas.get(name.slice(0, dot))?.events[name.slice(dot + 1)]?.parameters.required
        expect(Object.keys(ours), name).to.have.members([...(demanded ?? [])])
        expect(alike(ours, fired.get(name) ?? {}), name).to.deep.equal([])
      }
      expect(other.named('worker_started')[0]?.parameters).to.include({
        metrics_enabled: true,
        ping_interval: 1,
      })
      expect(other.lines.join('\n')).to.not.include('failed')
    })

    it('tell of an error as of a result', async () => {
      const config = privateConfig(transport)
      await using other = dashboard(config)
      await other.start()
      await using bus = service(config, { internal_metrics: { enabled: true } })
      await bus.start()
      expect((await busError(bus.py.sums.fail({ message: 'boom' }))).facts).to.include({ message: 'boom' })
      await until(() => other.told.length === 4, 'all of the call')
      expect(other.told.map(({ name }) => name.split('.').at(-1))).to.have.members([
        'rpc_call_sent',
        'rpc_call_received',
        'rpc_response_sent',
        'rpc_response_received',
      ])
      expect(other.named('rpc_response_sent')[0]?.parameters).to.include({ result: 'boom' })
    })

    it('make no metrics of metrics, also where the service listens for them', async () => {
      const config = privateConfig(transport)
      await using bus = service(config, { internal_metrics: { enabled: true } })
      const heard: string[] = []
      bus.listen(
        events.filter((name) => name.includes('metrics')),
        (parameters: Plain) => heard.push(String(parameters['event_name'])),
        {
          listenerName: 'own',
        },
      )
      await bus.start()
      await bus.py.tally.counted.fire({ n: 1 })
      await bus.py.tally.counted.fire({ n: 2 })
      await until(() => heard.length === 2, 'both')
      await bus.stop()
      expect(heard).to.deep.equal(['counted', 'counted'])
    })

    it('are told in full before a program ends that only fires and calls', async () => {
      const config = privateConfig(transport)
      await using other = dashboard(config)
      await other.start()
      const bus = service(config, { internal_metrics: { enabled: true } })
      await Promise.all([1, 2, 3, 4, 5].map((n) => bus.py.tally.counted.fire({ n })))
      await bus.stop()
      await until(() => other.named('event_fired').length === 5, 'all five')
      expect(bus.lines.join('\n')).to.not.include('could not be told')
    })

    it('keep no message from its way when they cannot be told', async () => {
      const config = privateConfig(transport)
      const away = { away: {} }
      const apis = {
        ...config.apis,
        'internal.metrics': { event_transport: away },
        'internal.state': { event_transport: away },
      }
      const { log, lines } = keepingLog()
      const plugins = both
      await using bus = createBus({
        apis: [sums, tally],
        config: { ...config, apis, plugins },
        transports: { away: { name: 'away', event: { optionsSchema, create: () => absent } } },
        log,
      })
      const heard: number[] = []
      bus.serve(sums, { add: ({ a, b }) => a + b, fail: () => null })
      bus.serve(tally)
      bus.py.tally.counted.listen(({ n }) => heard.push(n), { listenerName: 'l' })
      await bus.start()
      await bus.py.tally.counted.fire({ n: 1 })
      expect(await bus.py.sums.add({ a: 1 })).to.equal(3)
      await until(() => heard.length === 1, 'the event')
      await bus.stop()
      const metrics = lines.filter((line) => line.startsWith('A metric could not be told'))
      expect(metrics).to.have.lengthOf(7)
      expect(metrics[0]).to.include('"plugin":"internal_metrics"')
      expect(lines.filter((line) => line.startsWith('The state of the worker'))).to.have.lengthOf(2)
    })
  })
}

describe('the options of internal_state', () => {
  const stateOnly = (options: object) => ({ internal_state: { enabled: true, ...options } })

  async function pings(options: object, advanceMs: readonly number[]): Promise<readonly number[]> {
    const clock = new VirtualClock()
    const config = privateConfig('memory')
    await using bus = service(config, stateOnly(options), clock)
    let count = 0
    bus.listen(['internal.state.worker_ping'], () => void count++, { listenerName: 'own' })
    await bus.start()
    const counts: number[] = []
    for (const ms of advanceMs) {
      clock.advance(ms)
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      counts.push(count)
    }
    return counts
  }

  it('ping_interval: how often, every minute unless given', async () => {
    expect(await pings({ ping_interval: '30s' }, [29_999, 1, 29_999, 1])).to.deep.equal([0, 1, 1, 2])
    expect(await pings({}, [59_999, 1, 59_999, 1])).to.deep.equal([0, 1, 1, 2])
  })

  it('ping_enabled: none when it is false', async () => {
    expect(await pings({ ping_enabled: false }, [60_000, 60_000])).to.deep.equal([0, 0])
  })
})

const optionsSchema = { type: 'object', properties: {}, additionalProperties: false } as const

/** A transport that never sends anything. */
const absent: EventTransport = {
  name: 'away',
  address: 'nowhere',
  features: {},
  open: () => Promise.resolve(),
  close: () => Promise.resolve(),
  health: () => Promise.resolve({ isUp: false, why: 'it is away' }),
  send: () => Promise.reject(transportUnavailable({ transport: 'away', address: 'nowhere', why: 'away' })),
  subscribe: () => Promise.reject(new Error('nobody listens here')),
}

/** Where the values of ours differ from those of Python in more than what must differ: ids, times, and what else the service does. */
function alike(ours: Plain, theirs: Plain): readonly string[] {
  const own = ['id', 'event_id', 'timestamp', 'api_names', 'listening_for']
  return Object.entries(ours).flatMap(([name, value]) => {
    const other = theirs[name]
    // Python leaves the time out of worker_stopped, which its schema demands.
    if (other === undefined && name === 'timestamp') return typeof value === 'number' ? [] : [name]
    const isAlike = own.includes(name)
      ? kindOf(value) === kindOf(other)
      : JSON.stringify(value) === JSON.stringify(other)
    return isAlike ? [] : [`${name}: ${JSON.stringify(value)}, not ${JSON.stringify(other)}`]
  })
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? `list of ${[...new Set(value.map(kindOf))].join()}` : typeof value
}
