import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { compile, removeCompiled } from './compile-program.ts'

const apis = fileURLToPath(new URL('library-apis.ts', import.meta.url))

/** What a program of each library may rely on: the handler gets what the definition makes, the caller the result. */
const program = (library: string, when: 'Date' | 'string') => `
import { createBus } from '@lightbus/core'
import { ${library}Api as api } from '${apis}'
const bus = createBus({ apis: [api] })
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
bus.my_company.types.everything.listen((got) => {
  const scalars: [Same<typeof got.s, string>, Same<typeof got.i, number>, Same<typeof got.b, boolean>] = [true, true, true]
  const whens: Same<typeof got.when, ${when}> = true
  const colours: Same<typeof got.colour, 'red' | 'blue'> = true
  const deep: [Same<typeof got.user.address.city, string>, Same<typeof got.user.tags, string[]>] = [true, true]
  const pair: readonly [string, number] | undefined = got.t
  const texts: string | null | undefined = got.opt
  return [scalars, whens, colours, deep, pair, texts]
}, { listenerName: 'l' })
bus.serve(api, {
  add: ({ a }) => a.toFixed().length,
  get_user: ({ username }) => ({ username, address: { street: '', city: '' }, tags: [], age: 1 }),
  when: () => ${when === 'Date' ? 'new Date()' : "''"},
})
const sum: number = await bus.my_company.types.add({ a: 1 })
const at: ${when} = await bus.my_company.types.when()
const city: string = (await bus.my_company.types.get_user({ username: 'a' })).address.city
export { sum, at, city }
`

const wrong: Record<string, RegExp> = {
  "await bus.my_company.types.add({ a: 'one' })": /'string' is not assignable to type 'number'/,
  'await bus.my_company.types.add({ b: 1 })': /'a' is missing|not assignable/,
  'const no: boolean = await bus.my_company.types.add({ a: 1 }); export { no }':
    /'number' is not assignable to type 'boolean'/,
  "bus.my_company.types.everything.listen(({ user }) => user.address.town, { listenerName: 'm' })":
    /'town' does not exist/,
}

describe('the types of definitions', function () {
  this.timeout(60_000)
  after(removeCompiled)

  const libraries = {
    zod: 'Date',
    valibot: 'Date',
    arktype: 'Date',
    typebox: 'string',
    json: 'string',
  } as const
  for (const [library, when] of Object.entries(libraries))
    it(`are those of ${library}, and wrong uses are errors`, () => {
      const lines = Object.keys(wrong)
      const { errors } = compile(
        library,
        `${program(library, when)}${lines.map((line) => `{ ${line.replace(/ export .*/, ' void no')} }`).join('\n')}`,
      )
      expect(errors, errors.join('\n')).to.have.length(lines.length)
      Object.values(wrong).forEach((message, index) => expect(errors[index]).to.match(message))
    })
})
