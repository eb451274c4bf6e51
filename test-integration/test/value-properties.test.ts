import { defineApi, event, isBusError, procedure, type Api } from '@lightbus/core'
import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { privateConfig, quietBus, until } from './each-transport.ts'
import { Money } from './value-rows.ts'

/** A definition, and values that fit it. */
interface Defined {
  readonly schema: z.ZodType
  readonly values: fc.Arbitrary<unknown>
}

const leaf = (schema: z.ZodType, values: fc.Arbitrary<unknown>): fc.Arbitrary<Defined> =>
  fc.constant({ schema, values })
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
// ISO 8601 has four digits for the year.
const date = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})
// JSON has no zero below zero.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))

const leaves = fc.oneof(
  leaf(z.string(), text),
  leaf(z.number(), number),
  leaf(z.int(), fc.maxSafeInteger()),
  leaf(z.boolean(), fc.boolean()),
  leaf(z.null(), fc.constant(null)),
  leaf(z.date(), date),
  leaf(z.bigint(), fc.bigInt()),
  leaf(
    z.instanceof(Uint8Array),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
  ),
  leaf(
    z.instanceof(URL),
    fc.webUrl().map((url) => new URL(url)),
  ),
  leaf(
    z.instanceof(Money),
    text.map((amount) => new Money(amount)),
  ),
  leaf(
    z.unknown(),
    fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  ),
)

// Records of zod leave the name out that every object has a special meaning for.
const name = text.filter((given) => given !== '__proto__')

const defined = fc.letrec<{ any: Defined }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaves,
    tie('any').map(({ schema, values }) => ({
      schema: schema.nullable(),
      values: fc.option(values, { nil: null }),
    })),
    tie('any').map(({ schema, values }) => ({
      schema: z.array(schema),
      values: fc.array(values, { maxLength: 3 }),
    })),
    tie('any').map(({ schema, values }) => ({
      schema: z.record(z.string(), schema),
      values: fc.dictionary(name, values, { maxKeys: 3, noNullPrototype: true }),
    })),
    tie('any').map(({ schema, values }) => ({
      schema: z.map(z.string(), schema),
      values: fc.array(fc.tuple(text, values), { maxLength: 3 }).map((entries) => new Map(entries)),
    })),
    leaves.map(({ schema, values }) => ({
      schema: z.set(schema),
      values: fc.array(values, { maxLength: 1 }).map((items) => new Set(items)),
    })),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }).map((members) => ({
      schema: z.object(mapped(members, ({ schema }) => schema)),
      values: fc.record(
        mapped(members, ({ values }) => values),
        { noNullPrototype: true },
      ),
    })),
  ),
})).any

function mapped<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

/** Each run has a bus to itself; a failure says the seed with which it can be seen again. */
const bounded = { numRuns: 50, interruptAfterTimeLimit: 1_500, endOnFailure: true }

describe('whatever the values', function () {
  this.timeout(20_000)

  it('they arrive as they were sent, as parameters of events and calls and as results', async () => {
    const pairs = defined.chain(({ schema, values }) => fc.tuple(fc.constant(schema), values))
    await fc.assert(
      fc.asyncProperty(pairs, async ([schema, value]) => {
        const api = defineApi('any', {
          events: { happened: event({ x: schema }) },
          procedures: { echo: procedure({ x: schema }, schema) },
        })
        const heard: unknown[] = []
        const answered: unknown[] = []
        await using bus = quietBus([api], privateConfig('memory'))
        bus.serve(api, { echo: ({ x }) => (answered.push(x), x) })
        bus.listen(['any.happened'], ({ x }: { x: unknown }) => heard.push(x), { listenerName: 'l' })
        await bus.start()
        await bus.fire('any.happened', { x: value })
        expect(await bus.call('any.echo', { x: value })).to.deep.equal(value)
        await until(() => heard.length === 1, 'it is heard')
        expect([...heard, ...answered]).to.deep.equal([value, value])
      }),
      bounded,
    )
  })

  it('what the sender lets pass the receiver lets pass', async () => {
    await fc.assert(
      fc.asyncProperty(defined, fc.jsonValue({ maxDepth: 3 }), async ({ schema }, value) => {
        const api = defineApi('any', { procedures: { take: procedure({ x: schema }, { type: 'boolean' }) } })
        await using bus = quietBus([api], privateConfig('memory'))
        let hasCome = false
        bus.serve(api, { take: () => (hasCome = true) })
        await bus.start()
        const error = await bus.call('any.take', { x: value }).catch((reason: unknown) => reason)
        // Refused where it was sent, or taken: never refused by the other side.
        expect(
          error === true ? hasCome : isBusError(error, 'BUS_RPC_INVALID_PARAMETERS') && !hasCome,
        ).to.equal(true)
        expect(bus.lines.join('\n')).not.to.contain('failed')
      }),
      bounded,
    )
  })
})

const keyword = fc.constantFrom(
  ...'type properties items additionalProperties required enum const anyOf oneOf allOf not if then else pattern'.split(
    ' ',
  ),
  ...'patternProperties prefixItems $ref $id $async definitions dependencies default format minimum maxLength'.split(
    ' ',
  ),
  ...'uniqueItems contains propertyNames minItems multipleOf nullable discriminator __proto__'.split(' '),
)
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    'string',
    'object',
    'array',
    ['null', 'integer'],
    '#',
    '#/x',
    '#/definitions/a',
    '(a+)+$',
    '[',
    true,
    0,
    -1,
    {},
  ),
  fc.jsonValue({ maxDepth: 2 }),
)
const schemas = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.dictionary(
    keyword,
    fc.oneof(
      { maxDepth: 3 },
      odd,
      tie('schema'),
      fc.array(tie('schema'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', '(a+)+$'), tie('schema'), {
        maxKeys: 2,
      }),
    ),
    { maxKeys: 4, noNullPrototype: true },
  ),
})).schema

describe('whatever the schema of somebody else', function () {
  this.timeout(20_000)

  it('and whatever comes, a worker goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        schemas,
        fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 3 }),
        async (schema, values) => {
          const config = privateConfig('memory', { on_error: 'acknowledge_and_log' })
          const theirs = defineApi('theirs', {
            events: { e: event({ x: schema as object as { readonly title: string } }), end: event() },
          })
          await using owner = quietBus([theirs] as readonly Api[], unchecked(config), 'owner')
          owner.serve(theirs)
          await owner.start()
          await using bus = quietBus([], config, 'other')
          let hasEnded = false
          bus.listen(
            ['theirs.e', 'theirs.end'],
            (_: object, { message }) => void (hasEnded ||= message.name === 'theirs.end'),
            {
              listenerName: 'l',
            },
          )
          await bus.start()
          for (const x of values) await owner.fire('theirs.e', { x })
          await owner.fire('theirs.end')
          await until(() => hasEnded, 'the event after them is heard')
          // Nothing went wrong in any other way than the one of an event that does not fit.
          expect(bus.lines.filter((line) => /TypeError|RangeError|SyntaxError/.test(line))).to.deep.equal([])
        },
      ),
      bounded,
    )
  })
})

function unchecked(config: ReturnType<typeof privateConfig>): ReturnType<typeof privateConfig> {
  const { default: api, ...others } = config.apis ?? {}
  return { ...config, apis: { ...others, default: { ...api, validate: false } } }
}
