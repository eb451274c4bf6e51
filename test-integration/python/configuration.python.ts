import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createBus, tokens } from '@lightbus/core'
import { expect } from 'chai'
import { Fleet } from './fleet.ts'
import { bin } from './python-service.ts'

const recording = new URL('../recordings/python-config-keys.json', import.meta.url)
const services = fileURLToPath(new URL('services', import.meta.url))

const defaults = `
    rpc_timeout: 9
    strict_validation: true
    validate: { outgoing: false, incoming: true }
    event_transport:
      redis: { url: 'redis://127.0.0.1:6379/0', batch_size: 3, stream_use: per_event }
    rpc_transport:
      redis: { url: 'redis://127.0.0.1:6379/0', batch_size: 4 }
    result_transport:
      redis: { url: 'redis://127.0.0.1:6379/0', result_ttl: 5 }
`

/** What the entry of an API says, and nothing else; undefined where it has none. */
const entries: Readonly<Record<string, string | undefined>> = {
  'no entry': undefined,
  'an empty entry': '{}',
  'a timeout': '{ rpc_timeout: 2 }',
  'one transport of its own': '{ event_transport: { redis: { batch_size: 8 } } }',
  'a transport with one option': '{ event_transport: { redis: { batch_size: 10 } } }',
  'a transport with nothing behind it': '{ event_transport: { redis: }, rpc_transport: { redis: } }',
  'nothing where a transport stands': '{ event_transport: , rpc_transport: {}, result_transport: }',
  'no validation': '{ validate: false }',
  'validation in one direction': '{ validate: { outgoing: false } }',
}

describe('one file for Python and TypeScript', () => {
  let fleet: Fleet
  afterEach(() => fleet.disband())

  it('has the keys that test-integration/recordings lists', async () => {
    fleet = await Fleet.assemble('')
    expect(await python('config_keys.py')).to.deep.equal(JSON.parse(await readFile(recording, 'utf8')))
  })

  for (const [name, entry] of Object.entries(entries))
    it(`means the same to both for an API with ${name}`, async () => {
      const text = `apis:\n  default:${defaults}${entry === undefined ? '' : `  shop: ${entry}\n`}`
      fleet = await Fleet.assemble(text)
      expect(await ours()).to.deep.equal(await theirs())
    })

  it('reads more events at once than Python does, where nothing says how many', async () => {
    fleet = await Fleet.assemble(`apis:\n  default:${defaults}  shop: { event_transport: { redis: {} } }\n`)
    const [here, there] = [await ours(), await theirs()] as { readonly events: readonly unknown[] }[]
    expect([here?.events[1], there?.events[1]]).to.deep.equal([100, 10])
    expect({ ...here, events: here?.events.with(1, 10) }).to.deep.equal(there)
  })

  it('may name every key that Python knows, and is read by both', async () => {
    fleet = await Fleet.assemble('')
    const { keys } = JSON.parse(await readFile(recording, 'utf8')) as {
      readonly keys: Readonly<Record<string, { readonly default: unknown }>>
    }
    const whole = {}
    for (const [key, fact] of Object.entries(keys))
      if (fact.default !== null) put(whole, key.replace('*', 'shop').split('.'), fact.default)
    await writeFile(fleet.config, JSON.stringify(whole))
    expect(await ours()).to.deep.equal(await theirs())
  })

  async function theirs(): Promise<object> {
    return comparable((await python('config_of.py', fleet.config, 'shop')) as Understood)
  }

  async function ours(): Promise<object> {
    let understood: Understood | undefined
    const enough = new Error('enough')
    const bus = createBus({
      config: fleet.config,
      logLevel: 'critical',
      override(container) {
        const { apis, defaultApi } = container.resolve(tokens.config)
        const api = apis.get('shop') ?? defaultApi
        understood = {
          rpc_timeout: api.rpcTimeoutMs / 1000,
          validate: api.validate,
          strict_validation: api.strictValidation,
          events: api.eventTransport.options,
          rpcs: api.rpcTransport.options,
          results: api.resultTransport.options,
        }
        throw enough
      },
    })
    const error: unknown = await bus.start().catch((reason: unknown) => reason)
    if (error !== enough || !understood) throw error
    return comparable(understood)
  }
})

interface Understood {
  readonly rpc_timeout: number
  readonly validate: object
  readonly strict_validation: boolean
  readonly events: Options
  readonly rpcs: Options
  readonly results: Options
}
type Options = Readonly<Record<string, unknown>>

/** What both know, but for the options whose defaults the page tells apart. */
function comparable({ events, rpcs, results, ...rest }: Understood): object {
  return {
    ...rest,
    events: [events['url'], events['batch_size'], events['stream_use'], events['max_stream_length']],
    rpcs: [rpcs['url'], rpcs['batch_size']],
    results: [results['url'], results['result_ttl']],
  }
}

function put(
  section: Record<string, unknown>,
  [name = '', ...path]: readonly string[],
  value: unknown,
): void {
  if (path.length === 0) section[name] ??= value
  else put((section[name] ??= {}) as Record<string, unknown>, path, value)
}

async function python(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(join(bin, 'python'), args, { cwd: services })
  return JSON.parse(stdout)
}
