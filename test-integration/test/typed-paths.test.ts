import { expect } from 'chai'
import { compile, removeCompiled } from './compile-program.ts'

const start = `
import { createBus, defineApi, event, procedure } from '@lightbus/core'
import { z } from 'zod'
`

const authAndBus = `${start}
const auth = defineApi('auth', {
  events: { user_registered: event({ user: z.string(), email: z.string() }) },
  procedures: { check_password: procedure({ user: z.string(), password: z.string() }, z.boolean()) },
})
const dotted = defineApi('my_company.auth', { procedures: { greet: procedure({ name: z.string().default('x') }, { type: 'integer' }) } })
const bus = createBus({ apis: [auth, dotted] })
`

describe('the types', function () {
  this.timeout(60_000)

  after(removeCompiled)

  it('accept what is right, with results and parameters inferred', () => {
    const { errors } = compile(
      'right',
      `${authAndBus}
bus.serve(auth, { check_password: ({ user, password }) => user.length > password.length })
bus.auth.user_registered.listen(({ user }) => user.toUpperCase(), { listenerName: 'l' })
const right: boolean = await bus.auth.check_password({ user: 'a', password: 'b' }, { timeout: '2s' })
const whole: number = await bus.my_company.auth.greet()
await bus.auth.user_registered.fire({ user: 'a', email: 'b' }, { headers: { a: 'b' } })
export { right, whole }`,
    )
    expect(errors).to.deep.equal([])
  })

  const wrong: Record<string, [line: string, message: RegExp]> = {
    'a wrong event name': [
      `bus.auth.user_registred.fire({ user: 'a', email: 'b' })`,
      /'user_registred' does not exist/,
    ],
    'a missing parameter': [
      `bus.auth.user_registered.fire({ user: 'a' })`,
      /'email' is missing|not assignable/,
    ],
    'a wrong type': [
      `bus.auth.user_registered.fire({ user: 1, email: 'b' })`,
      /'number' is not assignable to type 'string'/,
    ],
    'an unknown parameter': [
      `bus.auth.check_password({ user: 'a', password: 'b', extra: 1 })`,
      /'extra' does not exist/,
    ],
    'a wrong type in a dotted API': [`bus.my_company.auth.greet({ name: 1 })`, /'number' is not assignable/],
    'an API that is none': [`bus.my_company.other.greet()`, /'other' does not exist/],
    'a result of another type': [
      `const n: number = await bus.auth.check_password({ user: '', password: '' })`,
      /'boolean' is not assignable to type 'number'/,
    ],
    'a handler of another type': [
      `bus.auth.user_registered.listen(({ age }) => age, { listenerName: 'l' })`,
      /'age' does not exist/,
    ],
    'a missing procedure': [`bus.serve(auth, {})`, /check_password/],
    'a procedure that returns something else': [
      `bus.serve(auth, { check_password: () => 'yes' })`,
      /'string' is not assignable/,
    ],
    'a missing listener name': [`bus.auth.user_registered.listen(() => 1, {})`, /listenerName/],
  }
  for (const [what, [line, message]] of Object.entries(wrong))
    it(`refuse ${what}`, () => {
      const { errors } = compile('wrong', `${authAndBus}\n${line}\nexport {}`)
      expect(errors).to.have.length(1)
      expect(errors[0]).to.match(message)
    })

  it('take less than 3 s beyond the start for 200 APIs of 5 events and 5 procedures', () => {
    const apis = Array.from({ length: 200 }, (_, n) => {
      const members = (make: (m: number) => string) => Array.from({ length: 5 }, (_, m) => make(m)).join(', ')
      const events = members((m) => `e${m}: event({ user: z.string(), n: z.number().optional() })`)
      const procedures = members((m) => `p${m}: procedure({ user: z.string(), n: z.number() }, z.boolean())`)
      return `const api${n} = defineApi('company${n % 20}.api${n}', { events: { ${events} }, procedures: { ${procedures} } })`
    })
    const names = apis.map((_, n) => `api${n}`).join(', ')
    const uses = apis.map(
      (_, n) => `
bus.company${n % 20}.api${n}.e1.listen(({ user }) => user, { listenerName: 'l' })
export const r${n}: boolean = await bus.company${n % 20}.api${n}.p2({ user: 'a', n: 1 })`,
    )
    const baseline = compile('baseline', `${authAndBus}\nexport {}`)
    const many = compile(
      'many',
      [start, ...apis, `const bus = createBus({ apis: [${names}] })`, ...uses].join('\n'),
    )
    expect(many.errors).to.deep.equal([])
    expect(many.checkMs - baseline.checkMs).to.be.below(3_000)
  })
})
