import { classifySchemaChange, type ApiSchema, type SchemaChange } from '@lightbus/core'
import { expect } from 'chai'
import { classifyForOwners } from '../src/api/schema-changes.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * What became of the values that fit: some more, some less, other ones; `same` when none has changed, and nothing is told; `told` when something is
 * told that breaks nobody; `extra` and `fewer` when it is about values that one version does not know.
 */
type Became = 'wider' | 'narrower' | 'other' | 'same' | 'told' | 'extra' | 'fewer'

/** Who is broken by it: for a parameter of a procedure, for a result and for a parameter of an event. */
const breaks: Readonly<Record<Exclude<Became, 'same'>, Readonly<Record<string, readonly string[]>>>> = {
  wider: { calls: ['owners'], results: ['callers'], events: ['listeners'] },
  narrower: { calls: ['callers'], results: ['owners'], events: ['owners'] },
  other: { calls: ['callers', 'owners'], results: ['callers', 'owners'], events: ['listeners', 'owners'] },
  told: { calls: [], results: [], events: [] },
  extra: { calls: ['owners'], results: [], events: [] },
  fewer: { calls: ['callers'], results: [], events: [] },
}

const text = { type: 'string' }
const number = { type: 'number' }
const whole = { type: 'integer' }
const nothing = { type: 'null' }
const list = (items: unknown): Json => ({ type: 'array', items })
const tuple = (...items: unknown[]): Json => ({
  type: 'array',
  items,
  minItems: items.length,
  additionalItems: false,
})
const closed = (properties: Json, required: readonly string[] = []): Json => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const open = (properties: Json, required: readonly string[] = []): Json => ({
  type: 'object',
  properties,
  required,
})
const either = (...anyOf: Json[]): Json => ({ anyOf })
const circle = { type: 'object', properties: { kind: { const: 'circle' }, size: number }, required: ['kind'] }
const square = { type: 'object', properties: { kind: { const: 'square' }, side: number }, required: ['kind'] }
const defined = (user: Json): Json => ({ $ref: '#/definitions/user', definitions: { user } })
const tree = (value: Json): Json => ({
  $ref: '#/definitions/tree',
  definitions: { tree: open({ value, children: list({ $ref: '#/definitions/tree' }) }) },
})

const pairs: readonly (readonly [what: string, before: Json, after: Json, became: Became, at?: string])[] = [
  // Types
  ['a type: another one', text, number, 'other'],
  ['a type: wider', whole, number, 'wider'],
  ['a type: narrower', number, whole, 'narrower'],
  ['a type: any', text, {}, 'wider'],
  ['a type: not any more any', {}, text, 'narrower'],
  ['a type: one more', text, { type: ['string', 'integer'] }, 'wider'],
  ['a type: one less', { type: ['string', 'integer'] }, text, 'narrower'],
  ['a type: the same in another order', { type: ['string', 'null'] }, { type: ['null', 'string'] }, 'same'],
  // Null
  ['null: allowed', text, { type: ['string', 'null'] }, 'wider'],
  ['null: not allowed any more', either(text, nothing), text, 'narrower'],
  ['null: written in another way', either(text, nothing), { type: ['string', 'null'] }, 'same'],
  ['null: as OpenAPI has it', text, { ...text, nullable: true }, 'wider'],
  // Enums
  ['an enum: one more', { enum: ['a'] }, { enum: ['a', 'b'] }, 'wider'],
  ['an enum: one less', { enum: ['a', 'b'] }, { enum: ['a'] }, 'narrower'],
  ['an enum: another one', { enum: ['a', 'b'] }, { enum: ['a', 'c'] }, 'other'],
  ['an enum: any text', { type: 'string', enum: ['a'] }, text, 'wider'],
  ['an enum: no more any text', text, { type: 'string', enum: ['a'] }, 'narrower'],
  ['an enum: in another order', { enum: ['a', 'b'] }, { enum: ['b', 'a'] }, 'same'],
  ['an enum: written as constants', { enum: ['a', 'b'] }, either({ const: 'a' }, { const: 'b' }), 'same'],
  ['a constant: another one', { const: 'a' }, { const: 'b' }, 'other'],
  // Unions
  ['a union: one way more', either(text, number), either(text, number, nothing), 'wider'],
  ['a union: one way less', either(text, number, nothing), either(text, number), 'narrower'],
  ['a union: in another order', either(text, number), either(number, text), 'same'],
  ['a union: of another keyword', either(text, number), { oneOf: [text, number] }, 'same'],
  ['a union: a way is within another', number, either(number, whole), 'same'],
  ['a union: a kind more', either(circle), either(circle, square), 'wider'],
  [
    'a union: a kind has changed',
    either(circle, square),
    either(circle, { ...square, required: ['kind', 'side'] }),
    'narrower',
    '.side',
  ],
  ['a union: of one', text, { allOf: [text] }, 'same'],
  // Numbers
  ['a minimum: added', number, { ...number, minimum: 1 }, 'narrower'],
  ['a minimum: higher', { ...number, minimum: 1 }, { ...number, minimum: 2 }, 'narrower'],
  ['a minimum: lower', { ...number, minimum: 1 }, { ...number, minimum: 0 }, 'wider'],
  ['a maximum: higher', { ...number, maximum: 1 }, { ...number, maximum: 2 }, 'wider'],
  ['a maximum: exclusive', { ...number, maximum: 1 }, { ...number, exclusiveMaximum: 1 }, 'narrower'],
  [
    'a minimum: of a whole number, written as exclusive',
    { ...whole, minimum: 1 },
    { ...whole, exclusiveMinimum: 0 },
    'same',
  ],
  ['a minimum: of no number that is sent', whole, { ...whole, minimum: Number.MIN_SAFE_INTEGER }, 'same'],
  ['steps: larger', { ...number, multipleOf: 2 }, { ...number, multipleOf: 4 }, 'narrower'],
  ['steps: other', { ...number, multipleOf: 2 }, { ...number, multipleOf: 3 }, 'other'],
  // Texts
  ['a length: a minimum', text, { ...text, minLength: 1 }, 'narrower'],
  ['a length: no minimum', { ...text, minLength: 0 }, text, 'same'],
  ['a length: more', { ...text, maxLength: 5 }, { ...text, maxLength: 9 }, 'wider'],
  ['a pattern: another one', { ...text, pattern: '^a' }, { ...text, pattern: '^b' }, 'other'],
  ['a pattern: gone', { ...text, pattern: '^a' }, text, 'wider'],
  ['a format: added', text, { ...text, format: 'email' }, 'narrower'],
  ['a format: another one', { ...text, format: 'date' }, { ...text, format: 'date-time' }, 'other'],
  // Defaults and optionality
  ['a default: added', number, { ...number, default: 1 }, 'told'],
  ['a default: another one', { ...number, default: 1 }, { ...number, default: 2 }, 'told'],
  [
    'a default: of something optional',
    open({ a: number }),
    open({ a: { ...number, default: 1 } }),
    'told',
    '.a',
  ],
  ['a property: now optional', closed({ a: text }, ['a']), closed({ a: text }), 'wider', '.a'],
  ['a property: now required', closed({ a: text }), closed({ a: text }, ['a']), 'narrower', '.a'],
  ['a property: added, optional', closed({}), closed({ a: text }), 'extra', '.a'],
  ['a property: added where others are allowed', open({}), open({ a: text }), 'told', '.a'],
  ['a property: removed, optional', closed({ a: text }), closed({}), 'fewer', '.a'],
  ['a property: removed, required', open({ a: text }, ['a']), open({}), 'wider', '.a'],
  // Further properties
  ['further properties: allowed', closed({ a: text }), open({ a: text }), 'extra'],
  ['further properties: not allowed any more', open({ a: text }), closed({ a: text }), 'fewer'],
  [
    'further properties: allowed, said and unsaid',
    open({}),
    { ...open({}), additionalProperties: true },
    'same',
  ],
  [
    'a map: of more',
    { type: 'object', additionalProperties: whole },
    { type: 'object', additionalProperties: number },
    'wider',
    '.*',
  ],
  // Arrays
  ['items: another type', list(text), list(number), 'other', '[]'],
  ['items: any', list(text), { type: 'array' }, 'wider', '[]'],
  ['items: at least one', list(text), { ...list(text), minItems: 1 }, 'narrower'],
  ['items: at most more', { ...list(text), maxItems: 1 }, { ...list(text), maxItems: 2 }, 'wider'],
  ['items: each once', list(text), { ...list(text), uniqueItems: true }, 'narrower'],
  ['a tuple: another type within', tuple(text, whole), tuple(text, number), 'wider', '[1]'],
  [
    'a tuple: as later drafts have it',
    tuple(text),
    { type: 'array', prefixItems: [text], minItems: 1, items: false },
    'same',
  ],
  // References
  ['a reference: written out', defined(text), text, 'same'],
  [
    'a reference: what it leads to has changed',
    defined(closed({ a: whole })),
    defined(closed({ a: number })),
    'wider',
    '.a',
  ],
  [
    'a reference: the same under another name',
    defined(text),
    { $ref: '#/$defs/me', $defs: { me: text } },
    'same',
  ],
  ['a reference: to itself', tree(text), tree(text), 'same'],
  ['a reference: to itself, with a change', tree(whole), tree(number), 'wider', '.value'],
  ['a reference: to nowhere', { $ref: 'https://elsewhere/a' }, { $ref: 'https://elsewhere/b' }, 'other'],
  // Words
  ['words', text, { ...text, title: 'T', description: 'D', examples: ['E'] }, 'same'],
]

const schema = (parts: Partial<ApiSchema>): ApiSchema => ({ apiName: 'shop', events: {}, rpcs: {}, ...parts })
const procedure = (parameters: Json, response: Json): ApiSchema =>
  schema({ rpcs: { p: { parameters, response } } })
// The value stands within a document of its own, so that its references lead where they should.
const ways: Readonly<Record<string, (value: Json) => ApiSchema>> = {
  calls: (value) => procedure(value, {}),
  results: (value) => procedure({}, value),
  events: (value) => schema({ events: { e: { parameters: value } } }),
}
const places = {
  calls: 'rpcs.p.parameters',
  results: 'rpcs.p.response',
  events: 'events.e.parameters',
} as const

function broken(changes: readonly SchemaChange[]): readonly string[] {
  return changes.filter(({ kind }) => kind === 'breaking').map((change) => change.for)
}

describe('what a change of a schema breaks', () => {
  for (const [what, before, after, became, at = ''] of pairs)
    it(`${what}: ${became}`, () => {
      for (const [of, place] of Object.entries(places)) {
        const versions = [ways[of]?.(before), ways[of]?.(after)] as [ApiSchema, ApiSchema]
        const [users, owners] = [classifySchemaChange(...versions), classifyForOwners(...versions)]
        const paths = [...users, ...owners].map(({ path }) => path)
        expect(new Set(paths), of).to.deep.equal(new Set(became === 'same' ? [] : [`${place}${at}`]))
        const expected = became === 'same' ? [] : breaks[became][of]
        expect([...broken(users), ...broken(owners)], of).to.deep.equal(expected)
        for (const { why } of [...users, ...owners]) expect(why).to.match(/^its? .+: .+$/)
      }
    })

  it('is told of members that come and go', () => {
    const full = schema({ events: { e: { parameters: {} } }, rpcs: { p: { parameters: {}, response: {} } } })
    const told = (before: ApiSchema, after: ApiSchema) =>
      [...classifySchemaChange(before, after), ...classifyForOwners(before, after)].map(
        (change) => `${change.path} ${change.for} ${change.kind}`,
      )
    expect(told(schema({}), full)).to.have.members([
      'events.e listeners compatible',
      'events.e owners compatible',
      'rpcs.p callers compatible',
      'rpcs.p owners breaking',
    ])
    expect(told(full, schema({}))).to.have.members([
      'events.e listeners breaking',
      'events.e owners compatible',
      'rpcs.p callers breaking',
      'rpcs.p owners compatible',
    ])
  })

  const hostile: readonly (readonly [what: string, make: (leaf: Json) => Json])[] = [
    ['a reference to itself', (leaf) => ({ $ref: '#', title: leaf['type'] })],
    [
      'unions of unions of unions',
      (leaf) => ({
        $ref: '#/definitions/0',
        definitions: Object.fromEntries(
          Array.from({ length: 60 }, (_, level) => {
            const next = level === 59 ? leaf : { $ref: `#/definitions/${level + 1}` }
            return [level, { anyOf: [next, { type: 'array', items: next }] }]
          }),
        ),
      }),
    ],
    [
      'thousands of ways',
      (leaf) => ({ anyOf: Array.from({ length: 5_000 }, (_, n) => open({ [`p${n}`]: leaf })) }),
    ],
    [
      'a depth of thousands',
      (leaf) => JSON.parse(`${'{"items":'.repeat(5_000)}${JSON.stringify(leaf)}${'}'.repeat(5_000)}`) as Json,
    ],
    ['a prototype', (leaf) => JSON.parse(`{"properties":{"__proto__":${JSON.stringify(leaf)}}}`) as Json],
  ]
  for (const [what, make] of hostile)
    it(`is found out in time where a schema has ${what}`, () => {
      const began = performance.now()
      classifySchemaChange(procedure(make(text), make(text)), procedure(make(number), make(text)))
      expect(performance.now() - began).to.be.below(5_000)
    })
})
