import { defineApi, event, procedure, type HandlerContext, type Procedures } from '@lightbus/core'
import { expect } from 'chai'
import 'reflect-metadata'
import { container as globalContainer } from 'tsyringe'
import { z } from 'zod'
import { busError, privateConfig, quietBus, transports, until } from './each-transport.ts'

const auth = defineApi('my_company.auth', {
  events: { user_registered: event({ user: z.string(), email: z.string().optional() }, { version: 2 }) },
  procedures: {
    check_password: procedure({ user: z.string(), password: z.string() }, z.boolean()),
    greet: procedure({ name: z.string().default('world') }, z.string()),
    fail: procedure({}, z.null()),
    lie: procedure({}, z.number()),
    wait: procedure({}, z.string()),
  },
})

const serving = (
  extra: Partial<Procedures<typeof auth, HandlerContext>> = {},
): Procedures<typeof auth, HandlerContext> => ({
  check_password: ({ user, password }) => user === 'admin' && password === 'secret',
  greet: ({ name }) => `hello ${name}`,
  fail: () => {
    throw Object.assign(new RangeError('boom'), { code: 'NO_MORE', data: { left: 0 } })
  },
  lie: () => 'text' as unknown as number,
  wait: () => 'done',
  ...extra,
})

for (const transport of transports) {
  describe(`the bus over ${transport}`, () => {
    it('calls a procedure and gets its value', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      bus.serve(auth, serving())
      await bus.start()
      expect(await bus.my_company.auth.check_password({ user: 'admin', password: 'secret' })).to.equal(true)
      expect(await bus.call('my_company.auth.check_password', { user: 'admin', password: 'no' })).to.equal(
        false,
      )
    })

    it('fills in defaults for the handler', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      bus.serve(auth, serving())
      await bus.start()
      expect(await bus.my_company.auth.greet()).to.equal('hello world')
    })

    it('serves with a class from the container, one for each call', async () => {
      class Users {
        readonly known = 'admin'
      }
      class AuthService {
        readonly users: Users
        constructor(users: Users) {
          this.users = users
        }
        check_password({ user }: { user: string }) {
          return user === this.users.known
        }
        greet() {
          return 'hi'
        }
        fail() {
          return null
        }
        lie() {
          return 1
        }
        wait() {
          return ''
        }
      }
      const own = globalContainer.createChildContainer()
      own.register(AuthService, { useFactory: (c) => new AuthService(c.resolve(Users)) })
      const { createBus } = await import('@lightbus/core')
      await using bus = createBus({
        apis: [auth],
        config: privateConfig(transport),
        container: own,
        logLevel: 'critical',
      })
      bus.serve(auth, AuthService)
      await bus.start()
      expect(await bus.my_company.auth.check_password({ user: 'admin', password: '' })).to.equal(true)
    })

    it('gives an event to every listener once, with its version and headers', async () => {
      const config = privateConfig(transport)
      await using owner = quietBus([auth], config, 'auth')
      await using other = quietBus([auth], config, 'mail')
      const heard: unknown[] = []
      owner.serve(auth, serving())
      owner.my_company.auth.user_registered.listen(({ user }) => heard.push(['owner', user]), {
        listenerName: 'one',
      })
      other.listen(
        ['my_company.auth.user_registered'],
        (parameters: { user: string }, { message, attempt }) =>
          heard.push([parameters.user, message.name, message.version, message.headers, attempt]),
        { listenerName: 'one' },
      )
      await owner.start()
      await other.start()
      await owner.my_company.auth.user_registered.fire({ user: 'sally' }, { headers: { tenant: 'a' } })
      await until(() => heard.length === 2, 'both listeners hear it')
      expect(heard).to.deep.include(['owner', 'sally'])
      expect(heard).to.deep.include(['sally', 'my_company.auth.user_registered', 2, { tenant: 'a' }, 1])
    })

    it('drains: what was fired before stop has been handled after it', async () => {
      const config = privateConfig('memory')
      const bus = quietBus([auth], config)
      const heard: string[] = []
      bus.serve(auth, serving())
      bus.my_company.auth.user_registered.listen(
        async ({ user }) => {
          await new Promise((resolve) => setImmediate(resolve))
          heard.push(user)
        },
        { listenerName: 'slow' },
      )
      await bus.start()
      for (const user of ['a', 'b', 'c']) await bus.my_company.auth.user_registered.fire({ user })
      await bus.stop()
      expect(heard).to.deep.equal(['a', 'b', 'c'])
    })

    it('handles a failed event again, in the default policy', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      const attempts: number[] = []
      bus.serve(auth, serving())
      bus.my_company.auth.user_registered.listen(
        (_, { attempt }) => {
          attempts.push(attempt)
          if (attempt === 1) throw new Error('not yet')
        },
        { listenerName: 'retrying' },
      )
      await bus.start()
      await bus.my_company.auth.user_registered.fire({ user: 'sally' })
      await until(() => attempts.length === 2, 'the second attempt')
      expect(attempts).to.deep.equal([1, 2])
    })

    it('drops a failed event and goes on with acknowledge_and_log', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      const heard: string[] = []
      bus.serve(auth, serving())
      bus.my_company.auth.user_registered.listen(
        ({ user }) => {
          heard.push(user)
          if (user === 'bad') throw new Error('no')
        },
        { listenerName: 'dropping', onError: 'acknowledge_and_log' },
      )
      await bus.start()
      await bus.my_company.auth.user_registered.fire({ user: 'bad' })
      await bus.my_company.auth.user_registered.fire({ user: 'good' })
      await until(() => heard.length === 2, 'both events')
      expect(heard).to.deep.equal(['bad', 'good'])
    })

    it('stops the bus on a failed event with shutdown, and says so in finished', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      const failure = new Error('enough')
      bus.serve(auth, serving())
      bus.my_company.auth.user_registered.listen(
        () => {
          throw failure
        },
        { listenerName: 'fragile', onError: 'shutdown' },
      )
      await bus.start()
      await bus.my_company.auth.user_registered.fire({ user: 'sally' })
      expect(await bus.finished).to.equal(failure)
    })

    it('tells the caller what the procedure threw', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      bus.serve(auth, serving())
      await bus.start()
      const error = await busError(bus.my_company.auth.fail())
      expect(error.code).to.equal('BUS_RPC_REMOTE_FAILURE')
      expect(error.message).to.contain('my_company.auth.fail').and.to.contain('boom')
      expect(error.facts).to.deep.include({ code: 'NO_MORE', type: 'RangeError', data: { left: 0 } })
      expect(error.facts['trace']).to.contain('RangeError: boom')
    })

    it('refuses a result that breaks its schema', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      bus.serve(auth, serving())
      await bus.start()
      const error = await busError(bus.my_company.auth.lie())
      expect(error.code).to.equal('BUS_RPC_INVALID_RESULT')
      expect(error.message).to.contain('must be number, received string')
    })

    it('refuses wrong parameters at the server when the caller did not check', async () => {
      const config = privateConfig(transport, { validate: { outgoing: false, incoming: true } })
      await using bus = quietBus([auth], config)
      bus.serve(auth, serving())
      await bus.start()
      const error = await busError(bus.call('my_company.auth.check_password', { user: 1 }))
      expect(error.code).to.equal('BUS_RPC_INVALID_PARAMETERS')
      expect(error.message)
        .to.contain('"password" is missing')
        .and.to.contain('/user: must be string, received number')
    })

    it('says at once that nobody serves an API', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      const error = await busError(bus.my_company.auth.greet())
      expect(error.code).to.equal('BUS_RPC_NOT_SERVED')
      expect(error.retriable).to.equal(true)
      expect(error.message).to.contain('No running worker serves the API "my_company.auth"')
    })

    it('gives a call up at its timeout, and when its caller aborts', async () => {
      await using bus = quietBus([auth], privateConfig(transport))
      const waiting: ((value: string) => void)[] = []
      bus.serve(auth, serving({ wait: () => new Promise((resolve) => waiting.push(resolve)) }))
      await bus.start()
      const late = await busError(bus.my_company.auth.wait({}, { timeout: '100ms' }))
      expect(late.code).to.equal('BUS_RPC_TIMEOUT')
      expect(late.message).to.contain('within 100 ms').and.to.contain('A worker serves the API')
      const controller = new AbortController()
      const aborted = busError(bus.my_company.auth.wait({}, { timeout: '2s', signal: controller.signal }))
      await until(() => waiting.length === 2, 'the second call runs')
      controller.abort()
      expect((await aborted).code).to.equal('BUS_RPC_ABORTED')
      for (const end of waiting) end('too late')
    })

    it('calls an API by the schema that its owner published', async () => {
      const config = privateConfig(transport)
      await using owner = quietBus([auth], config)
      owner.serve(auth, serving())
      await owner.start()
      await using stranger = quietBus([], config)
      expect(await stranger.call('my_company.auth.greet', { name: 'you' })).to.equal('hello you')
      const error = await busError(stranger.call('my_company.auth.gret', {}))
      expect(error.code).to.equal('BUS_RPC_UNKNOWN_PROCEDURE')
    })
  })
}
