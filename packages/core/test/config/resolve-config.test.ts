import { expect } from 'chai'
import { transportsIn } from '../../src/config/complete-config.ts'
import { apiConfig } from '../../src/config/config.ts'
import type { ServiceOptions } from '../../src/config/config.ts'
import { configFrom, errorOf, fileWith, problemsOf } from './config-setup.ts'

describe('resolve-config', () => {
  it('reports three mistakes at once, with path, line and the key that was meant', async () => {
    const problems = await problemsOf(`bus:
  log_level: loud
apis:
  default:
    rpc_timout: 5
  marketing.analytics:
    event_transport:
      redis:
        batch_size: many
`)
    expect(problems).to.deep.equal([
      'bus.log_level (line 2): must be one of debug, info, warning, error, critical',
      'apis.default.rpc_timout (line 5): unknown key; did you mean "rpc_timeout"?',
      'apis["marketing.analytics"].event_transport.redis.batch_size (line 9): must be integer, found text',
    ])
  })

  it('fills in every default', async () => {
    const config = await configFrom({})
    expect(config).to.deep.include({
      source: 'none',
      logLevel: 'info',
      features: ['rpcs', 'events', 'tasks'],
      shutdownTimeoutMs: 10_000,
      startTimeoutMs: undefined,
      plugins: new Map(),
    })
    expect(config.schema).to.include({ ttlMs: 60_000, onConflict: 'warn', onBreakingChange: 'warn' })
    expect(config.defaultApi).to.deep.include({
      rpcTimeoutMs: 5_000,
      validate: { outgoing: true, incoming: true },
      strictValidation: false,
      onError: 'retry',
    })
    expect(config.serviceName).to.match(/^[a-z]+-[a-z]+-[a-z]+$/)
    expect(config.processName).to.match(/^[a-z0-9]{4}$/)
  })

  it('hands on what is written', async () => {
    const { bus, api, plugins } = {
      bus: 'bus: { log_level: debug, shutdown_timeout: 2m, start_timeout: 30s, schema: { ttl: 500ms, on_conflict: error, on_breaking_change: ignore } }\n',
      api: 'apis: { default: { rpc_timeout: 1.5, validate: false, strict_validation: true, on_error: shutdown } }\n',
      plugins: 'plugins: { one: { enabled: true, ping: 1 }, two: { enabled: false }, three: }\n',
    }
    const config = await configFrom({ config: await fileWith(bus + api + plugins) })
    expect(config).to.deep.include({
      logLevel: 'debug',
      shutdownTimeoutMs: 120_000,
      startTimeoutMs: 30_000,
      plugins: new Map([['one', { ping: 1 }]]),
    })
    expect(config.schema).to.include({ ttlMs: 500, onConflict: 'error', onBreakingChange: 'ignore' })
    expect(config.defaultApi).to.deep.include({
      rpcTimeoutMs: 1_500,
      validate: { outgoing: false, incoming: false },
      strictValidation: true,
      onError: 'shutdown',
    })
  })

  it('lets a schema live for ever when its ttl is null', async () => {
    const config = await configFrom({ config: await fileWith('bus: { schema: { ttl: null } }\n') })
    expect(config.schema.ttlMs).to.equal(undefined)
  })

  it('waits for ever for a broker when start_timeout is null', async () => {
    const config = await configFrom({ config: await fileWith('bus: { start_timeout: null }\n') })
    expect(config.startTimeoutMs).to.equal(undefined)
  })

  it('switches validation off for one direction', async () => {
    const config = await configFrom({ config: { apis: { default: { validate: { incoming: false } } } } })
    expect(config.defaultApi.validate).to.deep.equal({ outgoing: true, incoming: false })
  })

  it('gives an API that has an entry nothing but the transports of the default one', async () => {
    const api =
      'rpc_timeout: 9, on_error: shutdown, strict_validation: true, validate: false, event_transport: { redis: { batch_size: 3 } }'
    const config = await configFrom({
      config: await fileWith(
        `apis: { default: { ${api} }, auth: { on_error: acknowledge_and_log }, bare: {} }`,
      ),
    })
    expect(apiConfig(config, 'other')).to.equal(config.defaultApi)
    for (const [name, onError] of [
      ['auth', 'acknowledge_and_log'],
      ['bare', 'retry'],
    ] as const)
      expect(apiConfig(config, name)).to.deep.equal({
        ...config.defaultApi,
        rpcTimeoutMs: 5_000,
        onError,
        strictValidation: false,
        validate: { outgoing: true, incoming: true },
      })
  })

  it('does not check what workers tell of themselves, unless their APIs are told to be checked', async () => {
    const config = await configFrom({
      config: {
        apis: { default: { rpc_timeout: 9 }, 'internal.metrics': { validate: true } },
      },
    })
    expect(apiConfig(config, 'internal.state')).to.deep.equal({
      ...config.defaultApi,
      validate: { outgoing: true, incoming: false },
    })
    expect(apiConfig(config, 'internal.metrics').validate.incoming).to.equal(true)
    expect(apiConfig(config, 'internal.billing').validate.incoming).to.equal(true)
    const named = await configFrom({ config: { apis: { 'internal.state': { rpc_timeout: 1 } } } })
    expect(apiConfig(named, 'internal.state').validate).to.deep.equal({ outgoing: true, incoming: false })
  })

  it('names the keys of Lightbus that have no effect here, and checks them', async () => {
    const keys = 'event_listener_setup_timeout: 1, event_fire_timeout: 1, cast_values: true'
    const file = `bus: { schema: { human_readable: true } }\napis:\n  default: { ${keys} }\n  a.b: { event_fire_timeout: 1 }\n`
    const config = await configFrom({ config: await fileWith(file) })
    expect(config.withoutEffect).to.have.members([
      'bus.schema.human_readable (line 1)',
      'apis.default.event_listener_setup_timeout (line 3)',
      'apis.default.event_fire_timeout (line 3)',
      'apis["a.b"].event_fire_timeout (line 4)',
    ])
    expect((await configFrom({})).withoutEffect).to.deep.equal([])
    const problems = await problemsOf('bus: { schema: { human_readable: 1 } }')
    expect(problems).to.deep.equal([
      'bus.schema.human_readable (line 1): must be true or false, found number',
    ])
  })

  it('explains what a length of time is', async () => {
    const [problem] = await problemsOf('apis: { default: { rpc_timeout: soon } }')
    expect(problem).to.include('must be a length of time (seconds, or with a unit: 500ms, 5s, 2m)')
  })

  it('refuses two transports in one place', async () => {
    const [problem] = await problemsOf('apis: { default: { rpc_transport: { redis: {}, memory: {} } } }')
    expect(problem).to.equal('apis.default.rpc_transport (line 1): must name exactly one transport')
  })

  it('refuses a file that is no section', async () => {
    expect(await problemsOf('just text')).to.deep.equal(['the whole: must be a section, found text'])
  })

  it('refuses a log level that code gives and nobody knows', async () => {
    const options = JSON.parse('{"logLevel":"loud"}') as ServiceOptions
    expect((await errorOf(configFrom(options))).message).to.include('logLevel: must be one of debug')
  })

  it('is frozen to its depths', async () => {
    const config = await configFrom({ config: { apis: { auth: {} } } })
    const internal = apiConfig(config, 'internal.state')
    const { eventTransport } = config.defaultApi
    for (const part of [config, config.features, config.schema, eventTransport.options, internal]) {
      expect(Object.isFrozen(part)).to.equal(true)
    }
    expect(() => (config.apis as Map<string, unknown>).clear()).to.throw(TypeError)
  })

  describe('the transports', () => {
    it('are Redis where a file chooses none', async () => {
      const config = await configFrom({ config: await fileWith('service_name: shop\n') })
      expect(config.defaultApi.rpcTransport.transport).to.equal('redis')
      expect(config.schema.transport.options).to.include({ batch_size: 10, stream_use: 'per_api' })
    })

    it('are in this process where nothing speaks of a broker', async () => {
      expect((await configFrom({})).schema.transport.transport).to.equal('memory')
      expect((await configFrom({ config: {} })).defaultApi.eventTransport.transport).to.equal('memory')
    })

    it('are Redis beside a broker that an object names', async () => {
      const config = await configFrom({ config: { apis: { auth: { rpc_transport: { redis: {} } } } } })
      expect(config.defaultApi.eventTransport.transport).to.equal('redis')
    })

    it('may stand without options', async () => {
      const config = await configFrom({
        config: await fileWith('bus: { schema: { transport: { redis: } } }'),
      })
      expect(config.schema.transport.options).to.include({ batch_size: 10 })
    })

    it('of an API are those of default where it chooses none, kind by kind', async () => {
      const config = await configFrom({
        config: await fileWith(`apis:
  default:
    event_transport: { redis: { batch_size: 3 } }
    rpc_transport: { redis: { batch_size: 4 } }
    result_transport: { redis: { batch_size: 5 } }
  auth:
    event_transport: { redis: {} }
    rpc_transport: { redis: }
    result_transport: {}
  shop:
    event_transport: { ./kafka.ts: }
    rpc_transport: { redis: { batch_size: 7 }, debug: }
`),
      })
      const batch = (api: string) => {
        const { eventTransport, rpcTransport, resultTransport } = apiConfig(config, api)
        return [eventTransport, rpcTransport, resultTransport].map(({ options }) => options['batch_size'])
      }
      expect(batch('other')).to.deep.equal([3, 4, 5])
      expect(batch('auth')).to.deep.equal([10, 4, 5])
      expect(batch('shop')).to.deep.equal([10, 7, 5])
      expect(apiConfig(config, 'shop').eventTransport.transport).to.equal('./kafka.ts')
    })

    it('are listed with those filled in, each once', () => {
      const written = { apis: { auth: { event_transport: { './kafka.ts': {} } } } }
      expect(transportsIn(written, 'lightbus.yaml')).to.have.members(['redis', './kafka.ts'])
      expect(transportsIn({}, 'none')).to.deep.equal(['memory'])
    })

    it('leave what was given untouched', async () => {
      const given = { apis: { default: { event_transport: { memory: {} } } } }
      await configFrom({ config: given })
      expect(given).to.deep.equal({ apis: { default: { event_transport: { memory: {} } } } })
    })
  })
})
