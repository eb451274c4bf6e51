import { expect } from 'chai'
import type { JsonSchema } from '../../src/api/api-schema.ts'
import { exampleOf } from '../../src/cli/docs/example-of.ts'

const object = (properties: object, more: object = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})

const twoPatterns = object({ a: { type: 'string', pattern: '^a+$' }, n: { type: 'string', pattern: '^1' } })

const cases: readonly (readonly [string, JsonSchema, unknown])[] = [
  ['an example before a default', { type: 'integer', examples: [3], default: 4 }, 3],
  ['a default', { type: 'integer', default: 4 }, 4],
  ['a constant', { const: 'card' }, 'card'],
  ['the first of an enum', { enum: ['small', 'large'] }, 'small'],
  ['a moment', { type: 'string', format: 'date-time' }, '2025-01-31T09:30:00Z'],
  ['a text long enough', { type: 'string', minLength: 6 }, 'text text'.slice(0, 6)],
  ['a text short enough', { type: 'string', maxLength: 2 }, 'te'],
  ['digits for a pattern', { type: 'string', pattern: '^\\d{4}$' }, '1234'],
  ['each of two patterns', twoPatterns, { a: 'a', n: '1' }],
  ['nothing for a pattern that cannot be met', { type: 'string', pattern: '^q{9}-z$' }, undefined],
  ['nothing for a pattern that is none', { type: 'string', pattern: '(' }, undefined],
  ['a whole number in bounds', { type: 'integer', exclusiveMinimum: 7.5, maximum: 9 }, 9],
  ['a number below a bound', { type: 'number', exclusiveMaximum: 1 }, 0],
  ['a multiple', { type: 'integer', multipleOf: 5 }, 5],
  ['the kind that is not null', { type: ['null', 'boolean'] }, true],
  ['the first shape', { anyOf: [{ type: 'null' }, { type: 'string' }] }, 'text'],
  ['one item', { type: 'array', items: { type: 'integer' } }, [1]],
  ['as many items as are asked for', { type: 'array', items: {}, minItems: 2 }, ['anything', 'anything']],
  ['each place of a tuple', { type: 'array', items: [{ const: 1 }, { const: 2 }] }, [1, 2]],
  ['a map', { type: 'object', additionalProperties: { type: 'integer' } }, { name: 1 }],
  ['what may be left out as well', object({ a: { const: 1 } }), { a: 1 }],
  [
    'the example inside',
    object({ a: { $ref: '#/definitions/a' } }, { definitions: { a: { examples: ['x'] } } }),
    { a: 'x' },
  ],
  ['nothing where no value fits', object({}, { required: ['a'], additionalProperties: false }), undefined],
  ['nothing of an example that does not fit', { type: 'integer', examples: ['three'] }, undefined],
  ['nothing of a schema that is none', { type: 'nonsense' }, undefined],
]

describe('an example of a schema', () => {
  for (const [what, schema, example] of cases)
    it(`is ${what}`, () => expect(exampleOf(schema)).to.deep.equal(example))

  it('does not take for ever over a pattern that does', () => {
    const text = `${'a'.repeat(50_000)}!`
    expect(exampleOf({ type: 'string', pattern: '^(a+)+$', examples: [text] })).to.equal(text)
    expect(exampleOf({ type: 'string', pattern: '^(b+)+$' })).to.equal(undefined)
    expect(exampleOf({ type: 'string', pattern: '^(x+x+)+y$' })).to.equal(undefined)
  })

  it('ends, where a shape contains itself', () => {
    const tree = object({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } })
    const example = exampleOf(tree)
    expect(JSON.stringify(example)).to.match(/^\{"name":"text","children":\[\{"name":"text"/)
    expect(exampleOf(object({ me: { $ref: '#' } }, { required: ['me'] }))).to.equal(undefined)
  })
})
