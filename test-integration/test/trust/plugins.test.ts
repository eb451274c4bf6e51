import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createBus,
  defineApi,
  event,
  procedure,
  tokens,
  type GivenPlugin,
  type Plugin,
  type PluginModule,
  type WrittenConfig,
} from '@lightbus/core'
import { expect } from 'chai'
import { z } from 'zod'
import { busError, keepingLog, privateConfig, transports, until } from '../each-transport.ts'

// Within the repository, where the transports of the file are found.
const cache = fileURLToPath(new URL('../../.cache', import.meta.url))

const shop = defineApi('shop', {
  events: { opened: event({ n: z.int() }), counted: event({ n: z.int() }) },
  procedures: { double: procedure({ n: z.int() }, z.int()) },
})

/** A bus with plugins, whose worker serves `shop` once it is started. */
function shopBus(config: string | WrittenConfig, plugins: readonly GivenPlugin[]) {
  const { log, lines } = keepingLog()
  const bus = createBus({ apis: [shop], config, plugins, log, serviceName: 'shop', processName: 'one' })
  bus.serve(shop, { double: ({ n }) => 2 * n })
  return Object.assign(bus, { lines })
}

/** Notes which of its hooks have been entered and left. */
function noting(name: string, notes: string[], order = 0): Plugin {
  const wrap = async <T>(verb: string, act: () => Promise<T>): Promise<T> => {
    notes.push(`> ${name}.${verb}`)
    try {
      return await act()
    } finally {
      notes.push(`< ${name}.${verb}`)
    }
  }
  return {
    name,
    order,
    fireEvent: (message, next) => wrap('fireEvent', () => next(message)),
    handleEvent: (message, next, { listenerName }) =>
      wrap(`handleEvent(${listenerName})`, () => next(message)),
    callRpc: (message, next) => wrap('callRpc', () => next(message)),
    serveRpc: (message, next) => wrap('serveRpc', () => next(message)),
    start: ({ serves }) => void notes.push(`${name}.start(${serves.join()})`),
    stop: () => void notes.push(`${name}.stop`),
  }
}

for (const transport of transports) {
  describe(`plugins over ${transport}`, () => {
    it('wrap the four verbs, start and stop, by their order', async () => {
      const notes: string[] = []
      const bus = shopBus(privateConfig(transport), [noting('inner', notes, 1), noting('outer', notes)])
      bus.shop.opened.listen(() => void notes.push('handled'), { listenerName: 'l' })
      await bus.start()
      expect(notes.splice(0)).to.deep.equal(['outer.start(shop)', 'inner.start(shop)'])
      expect(await bus.shop.double({ n: 2 })).to.equal(4)
      expect(notes.splice(0)).to.deep.equal([
        '> outer.callRpc',
        '> inner.callRpc',
        '> outer.serveRpc',
        '> inner.serveRpc',
        '< inner.serveRpc',
        '< outer.serveRpc',
        '< inner.callRpc',
        '< outer.callRpc',
      ])
      await bus.shop.opened.fire({ n: 1 })
      await until(() => notes.length === 9, 'the event is handled')
      expect(notes.filter((note) => note.includes('fireEvent'))).to.deep.equal([
        '> outer.fireEvent',
        '> inner.fireEvent',
        '< inner.fireEvent',
        '< outer.fireEvent',
      ])
      expect(notes.splice(0).filter((note) => !note.includes('fireEvent'))).to.deep.equal([
        '> outer.handleEvent(l)',
        '> inner.handleEvent(l)',
        'handled',
        '< inner.handleEvent(l)',
        '< outer.handleEvent(l)',
      ])
      await bus.stop()
      expect(notes).to.deep.equal(['inner.stop', 'outer.stop'])
    })

    it('may change messages and what comes of them', async () => {
      const heard: unknown[] = []
      await using bus = shopBus(privateConfig(transport), [
        {
          name: 'changes',
          fireEvent: (message, next) => next({ ...message, headers: { ...message.headers, sent: 'yes' } }),
          handleEvent: (message, next) => next({ ...message, parameters: { n: 7 } }),
          callRpc: async (message, next) => Number(await next({ ...message, parameters: { n: 10 } })) + 1,
          serveRpc: async (message, next) => Number(await next(message)) + 100,
        },
      ])
      bus.shop.opened.listen(({ n }, { message }) => heard.push([n, message.headers['sent']]), {
        listenerName: 'l',
      })
      await bus.start()
      await bus.shop.opened.fire({ n: 1 })
      await until(() => heard.length > 0, 'the event')
      expect(heard).to.deep.equal([[7, 'yes']])
      expect(await bus.shop.double({ n: 1 })).to.equal(121)
    })

    it('end the way of a message where they do not go on', async () => {
      const heard: number[] = []
      const dropped = (parameters: Readonly<Record<string, unknown>>) => parameters['n'] === 0
      await using bus = shopBus(privateConfig(transport), [
        {
          name: 'drops',
          fireEvent: async (message, next) => (dropped(message.parameters) ? undefined : next(message)),
          handleEvent: async (message, next) => (message.parameters['n'] === 1 ? undefined : next(message)),
          callRpc: async (message, next) => (dropped(message.parameters) ? -1 : next(message)),
        },
      ])
      bus.shop.opened.listen(({ n }) => heard.push(n), { listenerName: 'l' })
      await bus.start()
      for (const n of [0, 1, 2]) await bus.shop.opened.fire({ n })
      await until(() => heard.length > 0, 'the last event')
      expect(heard).to.deep.equal([2])
      expect(await bus.shop.double({ n: 0 })).to.equal(-1)
    })

    it('make what they throw an error of the verb', async () => {
      const failure = Object.assign(new Error('not today'), { code: 'CLOSED' })
      const handled: number[] = []
      let failing = ''
      const failFor = (verb: string): void => {
        if (failing === verb) throw failure
      }
      const attempts: number[] = []
      await using bus = shopBus(privateConfig(transport, { retry: { delay: '1ms', jitter: false } }), [
        {
          name: 'fails',
          fireEvent: (message, next) => (failFor('fireEvent'), next(message)),
          handleEvent: (message, next, { attempt }) => {
            attempts.push(attempt)
            if (attempt === 1) failFor('handleEvent')
            return next(message)
          },
          callRpc: (message, next) => (failFor('callRpc'), next(message)),
          serveRpc: (message, next) => (failFor('serveRpc'), next(message)),
        },
      ])
      bus.shop.opened.listen(({ n }) => handled.push(n), { listenerName: 'l' })
      await bus.start()
      failing = 'fireEvent'
      expect(await bus.shop.opened.fire({ n: 1 }).catch((error: unknown) => error)).to.equal(failure)
      failing = 'callRpc'
      expect(await bus.shop.double({ n: 1 }).catch((error: unknown) => error)).to.equal(failure)
      failing = 'serveRpc'
      const error = await busError(bus.shop.double({ n: 1 }))
      expect(error.code).to.equal('BUS_RPC_REMOTE_FAILURE')
      expect(error.facts).to.include({ message: 'not today', code: 'CLOSED' })
      failing = 'handleEvent'
      await bus.shop.opened.fire({ n: 2 })
      await until(() => handled.length > 0, 'the second attempt')
      expect([attempts, handled]).to.deep.equal([[1, 2], [2]])
    })

    it('see what a procedure threw as it threw it, and its caller as its failure', async () => {
      const failure = new RangeError('boom')
      const seen: unknown[] = []
      const { log } = keepingLog()
      const looks: Plugin = {
        name: 'looks',
        serveRpc: (message, next) =>
          next(message).catch((error: unknown) => {
            seen.push(error)
            throw error
          }),
      }
      await using bus = createBus({ apis: [shop], config: privateConfig(transport), log, plugins: [looks] })
      bus.serve(shop, { double: () => Promise.reject(failure) })
      await bus.start()
      const error = await busError(bus.shop.double({ n: 1 }))
      expect(error.facts).to.include({ message: 'boom', type: 'RangeError' })
      expect(seen).to.deep.equal([failure])
    })

    it('are stopped when a later one does not start, and the bus with them', async () => {
      const notes: string[] = []
      const bus = shopBus(privateConfig(transport), [
        noting('first', notes),
        {
          name: 'second',
          start: () => Promise.reject(new Error('not ready')),
          stop: () => void notes.push('never'),
        },
        noting('third', notes),
      ])
      expect(await bus.start().catch((error: unknown) => error)).to.have.property('message', 'not ready')
      expect(notes).to.deep.equal(['first.start(shop)', 'first.stop'])
      await bus.stop()
    })

    it('are stopped after everything has been handled, while messages can still be sent', async () => {
      const config = privateConfig(transport)
      const notes: string[] = []
      await using other = shopBus(config, [])
      other.shop.counted.listen(({ n }) => notes.push(`counted ${n}`), { listenerName: 'l' })
      await other.start()
      const teller: Plugin = {
        name: 'teller',
        stop: () => bus.shop.counted.fire({ n: 1 }).then(() => void notes.push('stopped')),
      }
      const bus = shopBus(config, [teller])
      let finish: (() => void) | undefined
      bus.shop.opened.listen(
        () => new Promise<void>((resolve) => (finish = () => (notes.push('handled'), resolve()))),
        { listenerName: 'slow' },
      )
      await bus.start()
      await bus.shop.opened.fire({ n: 1 })
      await until(() => finish !== undefined, 'the handler runs')
      const stopped = bus.stop()
      finish?.()
      await stopped
      await until(() => notes.length === 3, 'the last event')
      expect(notes[0]).to.equal('handled')
      expect(notes).to.include.members(['stopped', 'counted 1'])
    })

    it('own their APIs: the schema is published, and their events go around all plugins', async () => {
      const config = privateConfig(transport)
      const seen: string[] = []
      const sees = (name: string): Plugin => ({
        name,
        fireEvent: (message, next) => (seen.push(message.eventName), next(message)),
      })
      await using bus = shopBus(config, [sees('before'), [auditModule, { level: 'full' }], sees('after')])
      const heard: unknown[] = []
      await using other = listening(config, ['audit.noted'], (parameters) => heard.push(parameters))
      expect((await bus.start()).serves).to.deep.equal(['shop'])
      await other.start()
      await bus.shop.opened.fire({ n: 5 })
      await until(() => heard.length > 0, 'what the plugin tells')
      expect(heard).to.deep.equal([{ what: 'full: shop.opened' }])
      expect(seen).to.deep.equal(['opened', 'opened'])
      expect(other.schema('audit')).to.deep.equal(audit.schema)
      const twice = shopBus(config, [
        [auditModule],
        [{ ...auditModule, create: () => ({ name: 'other', apis: [defineApi('audit', {})] }) }],
      ])
      expect((await busError(twice.start())).code).to.equal('BUS_API_DUPLICATE')
    })

    describe('from the file', () => {
      let folder: string
      before(async () => {
        await mkdir(cache, { recursive: true })
        folder = await mkdtemp(join(cache, 'plugins-'))
        const place = join(folder, 'node_modules/@acme/lightbus-audit')
        await mkdir(place, { recursive: true })
        const manifest = { name: '@acme/lightbus-audit', type: 'module', exports: './index.js' }
        await writeFile(join(place, 'package.json'), JSON.stringify(manifest))
        await writeFile(join(place, 'index.js'), moduleText('acme'))
        await writeFile(join(folder, 'audit.mjs'), moduleText('nearby'))
      })
      after(() => rm(folder, { recursive: true, force: true }))

      /** A bus of the file, with what its plugins have heard of. */
      async function busOf(plugins: object, given: readonly GivenPlugin[] = []) {
        const path = join(folder, `${transport}.yaml`)
        const config = { ...privateConfig(transport), plugins }
        await writeFile(path, JSON.stringify(config))
        const bus = shopBus(path, given)
        const notes: string[] = []
        Object.assign(globalThis, { notes })
        return Object.assign(bus, { notes })
      }

      it('are a package and a ./path with their options, before those of the program', async () => {
        await using bus = await busOf(
          { './audit.mjs': { enabled: true }, '@acme/lightbus-audit': { enabled: true, level: 'full' } },
          [{ name: 'own', fireEvent: (message, next) => (bus.notes.push('own'), next(message)) }],
        )
        await bus.start()
        await bus.shop.opened.fire({ n: 1 })
        expect(bus.notes).to.deep.equal(['nearby brief', 'acme full', 'own'])
        await bus.stop()
        expect(bus.lines.join('\n')).to.not.include('not run')
      })

      it('are only those that are enabled', async () => {
        await using bus = await busOf({
          './audit.mjs': { enabled: false },
          '@acme/lightbus-audit': { level: 'full' },
          '@acme/not-installed': {},
        })
        await bus.start()
        await bus.shop.opened.fire({ n: 1 })
        expect(bus.notes).to.deep.equal([])
      })

      it('are errors where they cannot be: not installed, twice, with wrong options', async () => {
        const failure = async (plugins: object, given: readonly GivenPlugin[] = []) =>
          busError((await busOf(plugins, given)).start())
        expect((await failure({ '@acme/missing': { enabled: true } })).code).to.equal(
          'BUS_PLUGIN_NOT_INSTALLED',
        )
        expect((await failure({ './audit.mjs': { enabled: true } }, [{ name: 'nearby' }])).code).to.equal(
          'BUS_PLUGIN_DUPLICATE',
        )
        const wrong = await failure({ './audit.mjs': { enabled: true, level: 'loud' } })
        expect(wrong.code).to.equal('BUS_CONFIG_INVALID')
        expect(wrong.message).to.include('plugins["./audit.mjs"].level (line 1): must be one of brief, full')
      })
    })
  })
}

const audit = defineApi('audit', { events: { noted: event({ what: z.string() }) } })

const auditModule: PluginModule = {
  name: 'audit',
  optionsSchema: {
    type: 'object',
    properties: { level: { enum: ['brief', 'full'], default: 'brief' } },
    additionalProperties: false,
  },
  create: ({ level }, { fire }) => ({
    name: 'audit',
    apis: [audit],
    async fireEvent(message, next) {
      await next(message)
      await fire('audit.noted', { what: `${String(level)}: ${message.apiName}.${message.eventName}` })
    },
  }),
}

/** The text of a module that notes what is fired, under `globalThis.notes`. */
function moduleText(name: string): string {
  return `export const pluginModule = {
    name: '${name}',
    optionsSchema: {
      type: 'object',
      properties: { level: { enum: ['brief', 'full'], default: 'brief' } },
      additionalProperties: false,
    },
    create: ({ level }) => ({
      name: '${name}',
      fireEvent: (message, next) => (globalThis.notes.push('${name} ' + level), next(message)),
    }),
  }`
}

/** A bus of another service that knows no API by definition. */
function listening(
  config: WrittenConfig,
  events: readonly string[],
  handler: (parameters: object) => unknown,
) {
  const { log } = keepingLog()
  let schema: (api: string) => unknown = () => undefined
  const bus = createBus({
    config,
    log,
    serviceName: 'other',
    override: (container) => {
      schema = (api) => container.resolve(tokens.schemas).get(api)
    },
  })
  bus.listen(events, handler, { listenerName: 'hears' })
  return Object.assign(bus, { schema: (api: string) => schema(api) })
}
