import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'

const auth = defineApi('auth', {
  events: {
    user_registered: event({ user: z.string(), email: z.string() }),
  },
  procedures: {
    check_password: procedure({ user: z.string(), password: z.string() }, z.boolean()),
  },
})

const bus = createBus({ apis: [auth] }) // no config: the memory transport, and a log line that says so

bus.serve(auth, {
  check_password: ({ user, password }) => user === 'admin' && password === 'secret',
})
bus.auth.user_registered.listen(
  ({ user, email }) => {
    console.log(`Welcome ${user}, we will write to ${email}`)
  },
  { listenerName: 'send_signup_email' },
)

await bus.start()
console.log(await bus.auth.check_password({ user: 'admin', password: 'secret' })) // true
await bus.auth.user_registered.fire({ user: 'sally', email: 'sally@example.com' })
await bus.stop() // drains: the listener has run
