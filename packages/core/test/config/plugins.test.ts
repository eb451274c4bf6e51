import { createBus, type PluginModule } from '@lightbus/core'
import { expect } from 'chai'
import { pluginsIn } from '../../src/config/complete-config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { resolveConfig } from '../../src/config/resolve-config.ts'
import { ownPlugins } from '../../src/plugins/load-plugin.ts'
import { errorOf, fileWith, moduleNamed } from './config-setup.ts'

const audit: PluginModule = {
  name: 'audit',
  optionsSchema: {
    type: 'object',
    properties: { level: { enum: ['full', 'brief'], default: 'brief' }, most: { type: 'integer' } },
    additionalProperties: false,
    required: ['most'],
  },
  create: () => ({ name: 'audit' }),
}

async function optionsOf(text: string, environment = {}) {
  const loaded = await loadConfig({ config: await fileWith(text) }, environment)
  const plugins = new Map<string, PluginModule>([...ownPlugins, ['@acme/lightbus-audit', audit]])
  const config = resolveConfig(loaded, new Map([['redis', moduleNamed('redis')]]), plugins)
  return { named: pluginsIn(loaded.written), options: Object.fromEntries(config.plugins) }
}

describe('the plugins of the configuration', () => {
  it('are those that are enabled, with their options complete', async () => {
    const { named, options } = await optionsOf(`plugins:
  internal_state: { enabled: true, ping_interval: 5 }
  "@acme/lightbus-audit": { enabled: true, most: 3 }
  internal_metrics: { enabled: false }
  "not installed here": { enabled: false, and: [its, own] }
  quiet:
`)
    expect(named).to.deep.equal(['internal_state', '@acme/lightbus-audit'])
    expect(options).to.deep.equal({
      internal_state: { ping_enabled: true, ping_interval: 5 },
      '@acme/lightbus-audit': { level: 'brief', most: 3 },
    })
  })

  it('may be enabled by a reference', async () => {
    const text = 'plugins: { internal_metrics: { enabled: "${METRICS:-true}" } }\n'
    expect(await optionsOf(text)).to.deep.equal({
      named: ['internal_metrics'],
      options: { internal_metrics: {} },
    })
    expect((await optionsOf(text, { METRICS: 'false' })).named).to.deep.equal([])
  })

  it('are checked with all the rest, by path and line', async () => {
    const error = await errorOf(
      optionsOf(`bus: { log_level: loud }
plugins:
  internal_state: { enabled: maybe, ping_intervall: 5 }
  internal_metrics: { enabled: true, ping_interval: 5 }
  "@acme/lightbus-audit":
    enabled: true
    level: loud
`),
    )
    expect(error.code).to.equal('BUS_CONFIG_INVALID')
    expect((error.facts as { readonly problems: readonly string[] }).problems).to.have.members([
      'bus.log_level (line 1): must be one of debug, info, warning, error, critical',
      'plugins.internal_state.enabled (line 3): must be true or false, found text',
      'plugins.internal_state.ping_intervall (line 3): unknown key; did you mean "ping_interval"?',
      'plugins.internal_metrics.ping_interval (line 4): unknown key; known are enabled',
      'plugins["@acme/lightbus-audit"].level (line 7): must be one of full, brief',
      'plugins["@acme/lightbus-audit"].most (line 5): is missing',
    ])
  })

  it('do not ping all the time', async () => {
    for (const interval of ['0', '0s', '0.0ms', '-1']) {
      const wrong = optionsOf(`plugins: { internal_state: { ping_interval: ${interval} } }\n`)
      expect((await errorOf(wrong)).message).to.include('plugins.internal_state.ping_interval (line 1)')
    }
  })

  it('are checked in code as well', async () => {
    const bus = createBus({ plugins: [[audit, { level: 'loud' }]], logLevel: 'critical' })
    const error = await errorOf(bus.start())
    expect(error.code).to.equal('BUS_CONFIG_INVALID')
    expect(error.facts).to.deep.equal({
      source: 'given to createBus',
      problems: ['plugins.audit.most: is missing', 'plugins.audit.level: must be one of full, brief'],
    })
  })

  it('are refused when create makes none', async () => {
    const broken = { ...audit, create: () => ({}) as never }
    const bus = createBus({ plugins: [[broken, { most: 1 }]], logLevel: 'critical' })
    expect((await errorOf(bus.start())).code).to.equal('BUS_PLUGIN_MODULE_INVALID')
  })
})
