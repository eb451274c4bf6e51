import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Api, ApiSchema } from '@lightbus/core'
import type { Ajv as AjvClass } from 'ajv'
import { expect } from 'chai'
import { busError, privateConfig, quietBus, until } from './each-transport.ts'
import { arktypeApi, jsonApi, typeboxApi, valibotApi, zodApi } from './library-apis.ts'

const libraries: Readonly<Record<string, Api>> = {
  zod: zodApi,
  valibot: valibotApi,
  ArkType: arktypeApi,
  TypeBox: typeboxApi,
  'JSON Schema': jsonApi,
}

const user = { username: 'bob', address: { street: 'High St', city: 'London' }, tags: ['a'], age: 7 }
const good = {
  s: 'x',
  i: 1,
  f: 1.5,
  b: true,
  when: '2026-01-02T03:04:05Z',
  day: '2026-01-02',
  price: '3.10',
  colour: 'red',
  user,
}
/** Values that any parameter is tried with. */
const pool: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  7,
  -1,
  1.5,
  '',
  'red',
  'blue',
  'x',
  '3.10',
  '-3',
  '2026-01-02',
  '2026-01-02T03:04:05',
  [],
  ['a'],
  ['a', 1],
  ['a', 1, 2],
  [1, 'a'],
  {},
  { a: 1 },
  { a: 'x' },
  user,
  { ...user, address: { ...user.address, zip: 'N1' } },
  { ...user, address: { ...user.address, zip: null } },
  { ...user, address: { ...user.address, zip: 1 } },
  { ...user, address: { street: 'High St' } },
  { ...user, extra: 1 },
  { ...user, age: '7' },
  { ...user, age: 7.5 },
]

/** Which of the values fit. */
function verdicts(schema: object, build: (value: unknown) => unknown): readonly boolean[] {
  const { $schema: _, ...rest } = schema as { readonly $schema?: string }
  const { Ajv } = createRequire(new URL('../../packages/core/package.json', import.meta.url))('ajv') as {
    readonly Ajv: typeof AjvClass
  }
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(rest)
  return pool.map((value) => validate(build(value)))
}

describe('published schemas', () => {
  let recorded: ApiSchema

  before(async () => {
    const path = new URL('../recordings/python-lightbus-trace.json', import.meta.url)
    const trace = JSON.parse(await readFile(path, 'utf8')) as readonly {
      readonly command: readonly string[]
    }[]
    const stored = trace.find(
      ({ command: [verb, key] }) => verb === 'SET' && key === 'schema:my_company.types',
    )
    recorded = JSON.parse(stored?.command[2] ?? '') as ApiSchema
  })

  for (const [library, { schema }] of Object.entries(libraries)) {
    it(`of ${library} mean what those of Lightbus mean: each parameter, with many values`, () => {
      const theirs = recorded.events['everything']?.parameters ?? {}
      const ours = schema.events['everything']?.parameters ?? {}
      for (const parameter of Object.keys(theirs['properties'] as object)) {
        const build = (value: unknown): unknown =>
          JSON.parse(JSON.stringify({ ...good, [parameter]: value })) as unknown
        const [one, other] = [verdicts(theirs, build), verdicts(ours, build)]
        const differing = pool.filter((_, index) => one[index] !== other[index])
        expect(differing, parameter).to.deep.equal(known[parameter] ?? [])
      }
    })

    it(`of ${library} mean what those of Lightbus mean: parameters and results of procedures`, () => {
      for (const [name, { parameters, response }] of Object.entries(schema.rpcs)) {
        const theirs = recorded.rpcs[name]
        if (!theirs) throw new Error(`The recording has no ${name}`)
        expect(response['title']).to.equal(theirs.response['title'])
        expect(parameters['title']).to.equal(theirs.parameters['title'])
        expect(parameters['$schema']).to.equal(theirs.parameters['$schema'])
        expect(verdicts(response, (value) => value ?? null)).to.deep.equal(
          verdicts(theirs.response, (value) => value ?? null),
        )
        const named = { add: 'a', get_user: 'username' }[name] ?? 'none'
        const build = (value: unknown): unknown => ({ [named]: value })
        expect(verdicts(parameters, build)).to.deep.equal(verdicts(theirs.parameters, build))
      }
    })
  }
})

// Python's draft-07 does not look at prefixItems: to it, any two items are the tuple.
const known: Readonly<Record<string, readonly unknown[]>> = { t: [[1, 'a']] }

describe('definitions', () => {
  const day = new Date('2026-01-02T03:04:05.000Z')
  for (const [library, api] of Object.entries(libraries)) {
    const hasDates = ['zod', 'valibot', 'ArkType'].includes(library)
    const when = hasDates ? day : day.toISOString()

    it(`of ${library} check and cast what is sent with them`, async () => {
      const heard: object[] = []
      await using bus = quietBus([api], privateConfig('memory'))
      bus.serve(api, {
        add: ({ a, b = 2 }: { a: number; b?: number }) => a + b,
        get_user: () => user,
        when: () => when,
      } as never)
      bus.listen([`${api.name}.everything`], (parameters: object) => heard.push(parameters), {
        listenerName: 'l',
      })
      await bus.start()
      await bus.fire(`${api.name}.everything`, { ...good, when: day, t: ['b', 2] })
      await until(() => heard.length === 1, 'it is heard')
      expect(heard[0]).to.deep.include({ ...good, user: heardUser, when, t: ['b', 2] })
      expect(await bus.call(`${api.name}.add`, { a: 1 })).to.equal(3)
      expect(await bus.call(`${api.name}.when`)).to.deep.equal(when)
      expect(await bus.call(`${api.name}.get_user`, { username: 'bob' })).to.deep.equal(heardUser)
      for (const [name, wrong] of Object.entries({
        i: 1.5,
        colour: 'hush-hush',
        user: { ...user, extra: 1 },
        s: 1,
      })) {
        const error = await busError(bus.fire(`${api.name}.everything`, { ...good, [name]: wrong }))
        expect(error.code).to.equal('BUS_EVENT_INVALID')
        expect(error.message).to.contain(`/${name}`).and.not.to.contain('hush')
      }
    })
  }
})

// With the default that each definition has for the zip code.
const heardUser = { ...user, address: { ...user.address, zip: null } }
