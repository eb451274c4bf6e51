import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { inspectBroker, transportModule } from '@lightbus/transport-memory'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { z } from 'zod'
import {
  busError,
  privateConfig,
  redisUrl,
  transports,
  until,
  type TransportName,
} from '../each-transport.ts'
import { pinoLines, type Line } from './pino-lines.ts'

/** What must be in no line. */
const secret = 'hush-4711'

const vault = defineApi('vault', {
  events: { opened: event({ by: z.string(), note: z.string().max(40) }) },
  procedures: {
    read: procedure({ note: z.string() }, z.number()),
    wait: procedure({ note: z.string() }, z.null()),
  },
})

/** An error that carries more than its message, as those of clients for HTTP do. */
const laden = (message: string) =>
  Object.assign(new Error(message, { cause: Object.assign(new Error('the cause'), { body: secret }) }), {
    code: 'LADEN',
    data: { secret },
    request: { headers: { authorization: secret } },
    facts: { secret },
  })

const failures: Readonly<Record<string, (bus: ReturnType<typeof createVault>['bus']) => unknown>> = {
  'an error': () => {
    throw laden('it failed')
  },
  'several errors': () => {
    throw new AggregateError([laden('one'), laden('other')], 'all failed')
  },
  'no error': () => {
    const thrown: unknown = { secret }
    throw thrown
  },
  'a parser': () => JSON.parse(`${secret} is no JSON`) as unknown,
  'another service': (bus) => bus.vault.read({ note: 'laden' }),
}

function createVault(transport: TransportName) {
  const config = privateConfig(transport, {
    validate: { outgoing: false, incoming: true },
    retry: { attempts: 2, delay: '1ms' },
    rpc_timeout: '100ms',
  })
  const { log, lines, texts } = pinoLines()
  const names = { serviceName: 'guard', processName: 'one' }
  // As imported here, so that its broker can be spoilt.
  const bus = createBus({ apis: [vault], config, ...names, log, transports: { memory: transportModule } })
  bus.serve(vault, {
    read({ note }) {
      if (note === 'laden') throw laden('it cannot be read')
      return (note === 'lie' ? secret : 1) as number
    },
    wait: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(laden('it was given up')), { once: true })
      }),
  })
  const fail = ({ by }: { readonly by: string }) => failures[by]?.(bus)
  bus.vault.opened.listen(fail, { listenerName: 'watching', idempotent: true })
  bus.vault.opened.listen(fail, { listenerName: 'noting', onError: 'acknowledge_and_log' })
  const options = config.apis?.['default']?.event_transport?.[transport]
  const namespace = String(options?.['namespace'])
  return { bus, lines, texts, namespace }
}

/** Leaves on the broker an event and a call that nobody can read. */
async function spoil(transport: TransportName, namespace: string): Promise<void> {
  if (transport === 'memory') {
    const broker = inspectBroker(namespace)
    broker?.events.inject({ apiName: 'vault', eventName: 'opened' }, `{"secret":"${secret}`)
    broker?.rpcs.inject('vault', `{"id":"c-1","returnPath":"memory/none","parameters":"${secret}`)
    return
  }
  const redis = new Redis(redisUrl())
  const fields = { id: 'e-1', api_name: 'vault', event_name: 'opened', version: '1', ':note': secret }
  await redis.xadd(`${namespace}vault.*:stream`, '*', ...Object.entries(fields).flat())
  const metadata = { id: 'c-1', api_name: 'vault', return_path: 'redis+key://none' }
  await redis.rpush(`${namespace}vault:rpc_queue`, JSON.stringify({ metadata, kwargs: secret }))
  redis.disconnect()
}

/** What a line about a message should say and does not. */
function nameless(line: Line, ids: readonly string[]): readonly string[] {
  // About the worker or its connections, and of what cannot be read there is no name.
  if ('notice' in line || /^Stopped\b/.test(line.msg)) return []
  const isUnreadable = line['id'] === 'c-1' || JSON.stringify(line['err']).includes('UNDECODABLE')
  const expected: Readonly<Record<string, boolean>> =
    'listener' in line
      ? {
          id: isUnreadable || ids.includes(String(line['id'])),
          event: isUnreadable || line['event'] === 'vault.opened',
          attempt: Number(line['attempt']) >= 1,
          nativeId: typeof line['nativeId'] === 'string',
        }
      : {
          id: typeof line['id'] === 'string',
          call: isUnreadable || String(line['call']).startsWith('vault.'),
        }
  return Object.keys(expected).filter((name) => !expected[name])
}

for (const transport of transports) {
  describe(`the log over ${transport}`, () => {
    it('holds no payload, no header and no secret of a failure of any sort, and names every message', async () => {
      const { bus, lines, texts, namespace } = createVault(transport)
      await bus.start()
      const headers = { authorization: secret }
      const ids: string[] = []
      for (const by of Object.keys(failures))
        ids.push((await bus.vault.opened.fire({ by, note: secret }, { headers })).id)
      ids.push((await bus.vault.opened.fire({ by: secret, note: secret.repeat(9) }, { headers })).id)
      for (const note of ['laden', 'lie', 1 as unknown as string])
        await busError(bus.vault.read({ note }, { headers }))
      await busError(bus.vault.wait({ note: secret }, { headers }))
      await spoil(transport, namespace)
      const has = (test: (line: Line) => boolean) => lines.some(test)
      await until(() => ids.every((id) => has((line) => line['id'] === id)), 'all events have lines')
      await until(() => has(({ msg }) => msg === 'A call could not be read'), 'the unreadable call')
      const given = (listener: string) => lines.filter((line) => line['listener'] === listener)
      await until(
        () => given('watching').filter(({ msg }) => msg.includes('dead letter')).length === ids.length + 1,
        'all are given up',
      )
      await until(() => given('noting').length === ids.length + 1, 'all are noted')
      await bus.stop()

      expect(texts.filter((text) => text.includes(secret))).to.deep.equal([])
      for (const line of lines) expect(nameless(line, ids), JSON.stringify(line)).to.deep.equal([])
    })

    it('says of an error its class, code, message, stack and causes', async () => {
      const { bus, lines } = createVault(transport)
      await bus.start()
      await bus.vault.opened.fire({ by: 'an error', note: '' })
      await until(() => lines.length > 0, 'a line')
      await bus.stop()
      const err = lines[0]?.['err'] as Record<string, string>
      expect(err).to.have.all.keys('type', 'code', 'message', 'stack')
      expect(err).to.include({ type: 'Error', code: 'LADEN', message: 'it failed: the cause' })
      expect(err['stack'])
        .to.match(/^Error: it failed\n +at .*logging\.test\.ts/)
        .and.to.contain('caused by: Error: the cause')
    })
  })
}

describe('the log', () => {
  it('shows no password of Redis: of one that is not there, that refuses, or that is lost', async () => {
    const { log, lines, texts } = pinoLines()
    const { host } = new URL(redisUrl())
    const start = async (url: string) => {
      const redis = { redis: { url, namespace: `test-${process.pid}-${secret.length}:` } }
      const bus = createBus({
        config: {
          bus: { start_timeout: '100ms', schema: { transport: redis } },
          apis: { default: { event_transport: redis } },
        },
        log,
      })
      bus.listen(['a.b'], () => undefined, { listenerName: 'l' })
      return {
        bus,
        error: await bus.start().then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        ),
      }
    }
    const absent = await start(`redis://me:${secret}@127.0.0.1:1/0`)
    expect(absent.error).to.include({ code: 'BUS_TRANSPORT_UNAVAILABLE' })
    const refused = await start(`redis://nobody:${secret}@${host}/0`)
    expect(refused.error).to.include({ code: 'BUS_REDIS_REFUSED' })

    const admin = new Redis(redisUrl())
    const user = `logging-${process.pid}`
    await admin.call('ACL', 'SETUSER', user, 'on', `>${secret}`, '~*', '&*', '+@all')
    const lost = await start(`redis://${user}:${secret}@${host}/0`)
    expect(lost.error).to.equal(undefined)
    await admin.call('CLIENT', 'KILL', 'USER', user)
    await until(() => lines.some(({ notice }) => notice === 'connection-back'), 'the connection is back')
    await admin.call('ACL', 'DELUSER', user)
    await lost.bus.stop()
    admin.disconnect()

    expect(lines.map(({ msg }) => msg).join('\n'))
      .to.contain('Waiting for the broker')
      .and.to.contain('is lost')
    for (const text of [...texts, String(absent.error), String(refused.error)])
      expect(text).not.to.contain(secret)
  })

  it('writes all that an error carries at debug', async () => {
    const written: object[] = []
    const quiet = () => undefined
    const log = { debug: (facts: object) => void written.push(facts), info: quiet, warn: quiet, error: quiet }
    const error = laden('it failed')
    await using bus = createBus({ apis: [vault], config: privateConfig('memory'), log })
    bus.serve(vault, { read: () => 1, wait: () => null })
    bus.vault.opened.listen((_, context) => context.log.debug({ err: error }, 'look'), { listenerName: 'l' })
    await bus.start()
    const { id } = await bus.vault.opened.fire({ by: 'a', note: 'b' })
    await until(() => written.length > 0, 'a line')
    expect(written[0]).to.include({ err: error, id, event: 'vault.opened', listener: 'l', attempt: 1 })
  })
})

const fixture = fileURLToPath(new URL('../../fixtures/log-lines.ts', import.meta.url))

/** What the fixture writes to standard error and to standard output. */
async function written(env: Readonly<Record<string, string>>, ...preload: readonly string[]) {
  const args = ['--import', 'tsx', '--conditions=@lightbus/source', ...preload, fixture]
  const child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1', ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => (output.stdout += String(text)))
  child.stderr.on('data', (text) => (output.stderr += String(text)))
  const [code] = (await once(child, 'close')) as [number]
  expect(code, output.stderr).to.equal(0)
  return output
}

describe('the log of a process', function () {
  this.timeout(20_000)

  const all = ['a debug line', 'an info line', 'a warning', 'an error line']
  const kept = { debug: all, info: all.slice(1), warning: all.slice(2), error: all.slice(3), critical: [] }

  it('keeps log_level: what is below it is not written', async () => {
    for (const [level, expected] of Object.entries(kept)) {
      const { stderr } = await written({ LOG_LEVEL: level })
      const messages = stderr
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => (JSON.parse(text) as Line).msg)
      expect(messages.filter((message) => all.includes(message))).to.deep.equal(expected)
    }
  })

  it('is JSON in a pipe, apart from what the program prints', async () => {
    const { stdout, stderr } = await written({ LOG_LEVEL: 'info', WORD: 'fail' })
    expect(stdout).to.equal('')
    const lines = stderr
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Line)
    const failed = lines.find(({ msg }) => msg.includes('"listening" failed'))
    expect(failed).to.include({
      name: 'lightbus',
      level: 50,
      event: 'talk.said',
      id: 'event-1',
      listener: 'listening',
      attempt: 1,
    })
    expect(failed?.['err']).to.include({ type: 'RangeError', code: 'FAILED', message: 'it failed' })
    expect(stderr).not.to.contain('hush')
  })

  it('is for people at a terminal', async () => {
    const atTerminal = 'data:text/javascript,process.stderr.isTTY=true'
    const { stderr } = await written({ LOG_LEVEL: 'info', WORD: 'fail' }, '--import', atTerminal)
    expect(stderr)
      .to.match(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: Listener "listening" failed: the event is dropped$/m)
      .and.to.match(/^ +id: "event-1"$/m)
      .and.to.match(/^ +event: "talk\.said"$/m)
      .and.to.contain('RangeError: it failed')
      .and.not.to.contain('{"level"')
    expect(stderr).not.to.contain('hush')
  })
})
