import { isBusError } from '@lightbus/core'
import { expect } from 'chai'
import { ApiRegistry } from '../src/api/api-registry.ts'
import type { JsonSchema } from '../src/api/api-schema.ts'
import type { Parameters } from '../src/messages/plain-values.ts'
import { createEventMessage } from '../src/messages/event-message.ts'
import { MessageValidator, type Direction } from '../src/schema/message-validator.ts'
import { SchemaRegistry } from '../src/schema/schema-registry.ts'

/** A validator that has mirrored a schema of somebody else for the parameter `x` of an event, and what it says in its log. */
function foreign(parameters: unknown) {
  const warnings: string[] = []
  const schemas = new SchemaRegistry(new ApiRegistry([]))
  const rules = { validate: { outgoing: true, incoming: true }, castValues: true, strictValidation: false }
  const log = { warn: (_: object, message: string) => void warnings.push(message) }
  const validator = new MessageValidator(schemas, () => rules, log)
  const published = { apiName: 'theirs', events: { e: { parameters: parameters as JsonSchema } }, rpcs: {} }
  schemas.mirror([published])
  const check = (x: unknown, direction: Direction = 'incoming'): unknown =>
    validator.event(event({ x } as Parameters), direction)['x']
  return { check, warnings, schemas, published, validator }
}

function event(parameters: Parameters) {
  return createEventMessage({ apiName: 'theirs', eventName: 'e', parameters })
}

function of(x: unknown, rest: object = {}): object {
  return { type: 'object', properties: { x }, required: ['x'], ...rest }
}

/** Nested as often. */
function nested(times: number, wrap: (inner: unknown) => unknown, inner: unknown): unknown {
  let outer = inner
  for (let n = 0; n < times; n++) outer = wrap(outer)
  return outer
}

function expectRefused(act: () => unknown): void {
  expect(act)
    .to.throw()
    .and.satisfy((error: unknown) => isBusError(error, 'BUS_EVENT_INVALID'))
}

/** Not by how long it takes alone: an exponential match of this length would never end. */
const aLot = `${'a'.repeat(50_000)}!`

describe('schemas of others', () => {
  const odd: Record<string, [schema: object, passes: unknown, isRefused?: unknown]> = {
    'draft-07 with prefixItems': [
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], minItems: 2, maxItems: 2 },
      [1, 'a'],
      [1],
    ],
    'a date-time without a time zone': [{ type: 'string', format: 'date-time' }, '2026-01-02T03:04:05', 1],
    'unknown keywords and formats': [{ type: 'string', format: 'colour', shiny: { deep: true } }, 'red', 1],
    'what Python writes of an Optional': [
      {
        anyOf: [
          { type: 'string', default: null },
          { type: 'null', default: null },
        ],
      },
      null,
      1,
    ],
    'keywords beside a reference, which draft-07 ignores': [
      { $ref: '#/definitions/text', maxLength: 1 },
      'long',
      1,
    ],
    'names that every object has': [
      { type: 'object', properties: { constructor: { type: 'string' } } },
      {},
      { constructor: 1 },
    ],
    'required names that every object has': [{ type: 'object', required: ['toString'] }, { toString: 1 }, {}],
    'a property named as a keyword': [
      { type: 'object', properties: { const: { $ref: '#/definitions/text' }, $ref: { type: 'string' } } },
      { const: 'a', $ref: 'a' },
      { const: 1 },
    ],
    'data that looks like a schema': [
      { const: { $ref: '#/nowhere', $async: true } },
      { $ref: '#/nowhere', $async: true },
      {},
    ],
    'unique items': [
      { uniqueItems: true },
      [1, '1', { a: 1, b: 2 }],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
    'a pattern': [{ pattern: '^a+$' }, 'aaa', 'b'],
    'a pattern with a class of characters': [{ pattern: '^\\d{2}/\\w+$' }, '12/a', '1'],
    'patterns of names': [
      { type: 'object', patternProperties: { '^a': { type: 'string' }, '^b': { type: 'number' } } },
      { a: 'x', b: 1 },
      { b: 'x' },
    ],
    'the name __proto__': [
      JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"}},"additionalProperties":false}',
      ) as object,
      {},
      { other: 1 },
    ],
  }
  for (const [name, [schema, passes, refused]] of Object.entries(odd))
    it(`pass what Python passes: ${name}`, () => {
      const { check, warnings } = foreign(of(schema, { definitions: { text: { type: 'string' } } }))
      for (const direction of ['incoming', 'outgoing'] as const) {
        expect(check(passes, direction)).to.deep.equal(passes)
        expectRefused(() => check(refused, direction))
      }
      expect(warnings).to.deep.equal([])
    })

  const catastrophic = ['(a+)+$', '(a|aa)+$', '(.*a){25}$', '^(([a-z])+.)+[A-Z]([a-z])+$']
  for (const pattern of catastrophic)
    it(`do no harm: the pattern ${pattern}`, function () {
      this.timeout(2_000)
      const { check, warnings } = foreign(of({ type: 'string', pattern }))
      expectRefused(() => check(aLot))
      expect(warnings).to.deep.equal([])
    })

  it('do no harm: patterns that no linear engine knows, which let everything pass', () => {
    for (const pattern of [
      '^(?!a)',
      '(a)\\1',
      '(?<=b)a',
      '(',
      '[',
      'a'.repeat(5_000),
      `${'('.repeat(2_000)}${')'.repeat(2_000)}`,
      'a{1001}',
    ]) {
      const { check, warnings } = foreign(of({ type: 'string', pattern }))
      expect(check('a')).to.equal('a')
      expectRefused(() => check(1))
      expect(warnings).to.deep.equal([])
    }
  })

  const unusable: Record<string, unknown> = {
    'one that is too large': of({ anyOf: Array.from({ length: 20_000 }, (_, n) => ({ const: n })) }),
    'one with too many patterns': of({
      allOf: Array.from({ length: 300 }, (_, n) => ({ pattern: `(a{30}){30}${n}` })),
    }),
    'one that is too deep': of(nested(5_000, (not) => ({ not }), {})),
    'a type that is none': of({ type: 'strin' }),
    'keywords with values of other types': of({ type: 'object', properties: { a: 5 }, required: 7 }),
    'a reference to nowhere': of({ $ref: '#/definitions/nowhere' }),
    'a reference to elsewhere': of({ $ref: 'https://example.com/schema.json' }),
    'references that never end': of(
      { $ref: '#/definitions/a' },
      { definitions: { a: { allOf: [{ $ref: '#/definitions/a' }] } } },
    ),
    'references that double': of(
      { $ref: '#/definitions/a0' },
      {
        definitions: Object.fromEntries(
          Array.from({ length: 60 }, (_, n) => {
            const $ref = `#/definitions/a${n + 1}`
            return [`a${n}`, { anyOf: [{ $ref }, { $ref }] }]
          }).concat([['a60', { anyOf: [{ type: 'null' }] as never }]]),
        ),
      },
    ),
    'a text': 'schema',
    nothing: undefined,
  }
  for (const [name, schema] of Object.entries(unusable))
    it(`are not enforced where they cannot be used, with one warning: ${name}`, function () {
      this.timeout(4_000)
      const { check, warnings } = foreign(schema)
      for (const direction of ['incoming', 'outgoing', 'incoming'] as const)
        expect(check('a', direction)).to.equal('a')
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(/^The schema of the API "theirs" cannot be used/)
    })

  it('are never checked asynchronously, whatever they say', () => {
    const { check } = foreign(of({ $async: true, type: 'string' }, { $async: true }))
    expectRefused(() => check(1))
  })

  it('let no document of any depth end the process', () => {
    const list = { $ref: '#/definitions/list' }
    const { check } = foreign(of(list, { definitions: { list: { type: 'array', items: list } } }))
    const deep = nested(100_000, (inner) => [inner], [])
    try {
      check(deep)
    } catch (error) {
      expect(isBusError(error, 'BUS_EVENT_INVALID')).to.equal(true)
    }
    expectRefused(() => check([[1]]))
  })

  it('keep a document as it is, also where it has the name __proto__', () => {
    const { check } = foreign(of({ type: 'object', additionalProperties: { type: 'object' } }))
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as object
    expect(JSON.stringify(check(value))).to.equal('{"__proto__":{"polluted":true}}')
    expect({}).not.to.have.property('polluted')
  })

  it('are compiled once, as long as they do not change', () => {
    const { schemas, published } = foreign(of({ type: 'string' }))
    const before = schemas.get('theirs')
    schemas.mirror([structuredClone(published)])
    expect(schemas.get('theirs')).to.equal(before)
    schemas.mirror([{ ...published, events: {} }])
    expect(schemas.get('theirs')).not.to.equal(before)
  })
})
