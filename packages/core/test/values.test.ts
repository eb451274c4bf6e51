import { defineApi, event, instance, isBusError, procedure } from '@lightbus/core'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { expect } from 'chai'
import * as v from 'valibot'
import { z } from 'zod'
import { castOf, toJsonSchema, type Schema } from '../src/api/standard-schema.ts'
import { toPlain } from '../src/messages/plain-values.ts'

class Money {
  readonly amount: string

  constructor(amount: string) {
    this.amount = amount
  }

  toBus(): string {
    return `${this.amount} EUR`
  }

  static fromBus(text: string): Money {
    const found = /^(.*) EUR$/.exec(text)
    if (!found) throw new TypeError(`no money: ${text}`)
    return new Money(found[1] ?? '')
  }
}

const day = new Date('2026-01-02T03:04:05.000Z')
const tree = z.object({
  at: z.date(),
  get below() {
    return z.array(tree)
  },
})

interface Case {
  readonly schema: Schema
  readonly value: unknown
  /** What travels. */
  readonly wire: unknown
  /** What is published. */
  readonly json: object
}

const dateJson = { type: 'string', format: 'date-time' }
const bigintJson = { type: ['string', 'integer'], pattern: '^-?[0-9]+$' }
const dateWire = '2026-01-02T03:04:05.000Z'

const cases: Record<string, Case> = {
  'zod date': { schema: z.date(), value: day, wire: dateWire, json: dateJson },
  'zod date, coerced': { schema: z.coerce.date(), value: day, wire: dateWire, json: dateJson },
  'zod bigint': { schema: z.bigint(), value: 2n ** 64n, wire: '18446744073709551616', json: bigintJson },
  'zod bytes': {
    schema: z.instanceof(Uint8Array),
    value: Uint8Array.of(0, 255),
    wire: 'AP8=',
    json: { type: 'string' },
  },
  'zod buffer': { schema: z.instanceof(Buffer), value: Buffer.of(1), wire: 'AQ==', json: { type: 'string' } },
  'zod URL': {
    schema: z.instanceof(URL),
    value: new URL('https://example.com/a'),
    wire: 'https://example.com/a',
    json: { type: 'string', format: 'uri' },
  },
  'zod url text': {
    schema: z.url(),
    value: 'https://example.com/a',
    wire: 'https://example.com/a',
    json: { type: 'string', format: 'uri' },
  },
  'zod set': {
    schema: z.set(z.date()),
    value: new Set([day]),
    wire: [dateWire],
    json: { type: 'array', items: dateJson },
  },
  'zod map': {
    schema: z.map(z.number(), z.bigint()),
    value: new Map([[1, 2n]]),
    wire: { 1: '2' },
    json: { type: 'object', additionalProperties: bigintJson },
  },
  'zod map of dates': {
    schema: z.map(z.date(), z.string()),
    value: new Map([[day, 'a']]),
    wire: { [dateWire]: 'a' },
    json: { type: 'object', additionalProperties: { type: 'string' } },
  },
  'zod class': { schema: z.instanceof(Money), value: new Money('3.10'), wire: '3.10 EUR', json: {} },
  'zod nothing': { schema: z.void(), value: undefined, wire: null, json: { type: 'null' } },
  'zod nested': {
    schema: z.object({
      when: z.date().optional(),
      list: z.array(z.bigint()),
      named: z.record(z.string(), z.date()),
    }),
    value: { when: day, list: [1n], named: { a: day, __proto__x: day } },
    wire: { when: dateWire, list: ['1'], named: { a: dateWire, __proto__x: dateWire } },
    json: {
      type: 'object',
      properties: {
        when: dateJson,
        list: { type: 'array', items: bigintJson },
        named: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: dateJson },
      },
      required: ['list', 'named'],
    },
  },
  'zod tuple': {
    schema: z.tuple([z.date(), z.string()]),
    value: [day, 'a'],
    wire: [dateWire, 'a'],
    json: {
      type: 'array',
      items: [dateJson, { type: 'string' }],
      additionalItems: false,
      minItems: 2,
      maxItems: 2,
    },
  },
  'zod union, which takes the first that fits': {
    schema: z.union([z.date(), z.number(), z.string()]),
    value: 'some day',
    wire: 'some day',
    json: { anyOf: [dateJson, { type: 'number' }, { type: 'string' }] },
  },
  'zod discriminated union': {
    schema: z.discriminatedUnion('is', [
      z.object({ is: z.literal('text'), at: z.string() }),
      z.object({ is: z.literal('date'), at: z.date() }),
    ]),
    value: { is: 'date', at: day },
    wire: { is: 'date', at: dateWire },
    json: {
      oneOf: [
        {
          type: 'object',
          properties: { is: { type: 'string', const: 'text' }, at: { type: 'string' } },
          required: ['is', 'at'],
        },
        {
          type: 'object',
          properties: { is: { type: 'string', const: 'date' }, at: dateJson },
          required: ['is', 'at'],
        },
      ],
    },
  },
  'zod nullable': {
    schema: z.date().nullable(),
    value: null,
    wire: null,
    json: { anyOf: [dateJson, { type: 'null' }] },
  },
  'zod intersection': {
    schema: z.intersection(z.object({ a: z.date() }), z.object({ b: z.bigint() })),
    value: { a: day, b: 1n },
    wire: { a: dateWire, b: '1' },
    json: { type: 'object', properties: { a: dateJson, b: bigintJson }, required: ['a', 'b'] },
  },
  'zod recursive': {
    schema: tree,
    value: { at: day, below: [{ at: day, below: [] }] },
    wire: { at: dateWire, below: [{ at: dateWire, below: [] }] },
    json: {
      type: 'object',
      properties: { at: dateJson, below: { type: 'array', items: { $ref: '#' } } },
      required: ['at', 'below'],
    },
  },
  'zod set of a recursive schema': {
    schema: z.set(tree),
    value: new Set([{ at: day, below: [{ at: day, below: [] }] }]),
    wire: [{ at: dateWire, below: [{ at: dateWire, below: [] }] }],
    json: {
      type: 'array',
      items: {
        type: 'object',
        properties: { at: dateJson, below: { type: 'array', items: { $ref: '#/items' } } },
        required: ['at', 'below'],
      },
    },
  },
  'valibot date': { schema: toStandardJsonSchema(v.date()), value: day, wire: dateWire, json: dateJson },
  'valibot bigint': { schema: toStandardJsonSchema(v.bigint()), value: 5n, wire: '5', json: bigintJson },
  'valibot bytes': {
    schema: toStandardJsonSchema(v.instance(Uint8Array)),
    value: Uint8Array.of(7),
    wire: 'Bw==',
    json: { type: 'string' },
  },
  'valibot class': {
    schema: toStandardJsonSchema(v.object({ price: v.instance(Money) })),
    value: { price: new Money('1') },
    wire: { price: '1 EUR' },
    json: { type: 'object', properties: { price: {} }, required: ['price'] },
  },
  'valibot set': {
    schema: toStandardJsonSchema(v.set(v.string())),
    value: new Set(['a']),
    wire: ['a'],
    json: { type: 'array', items: {} },
  },
  'valibot map': {
    schema: toStandardJsonSchema(v.map(v.number(), v.string())),
    value: new Map([[1, 'a']]),
    wire: { 1: 'a' },
    json: { type: 'object', additionalProperties: {} },
  },
  'ArkType date': { schema: type('Date'), value: day, wire: dateWire, json: dateJson },
  'ArkType bigint': {
    schema: type({ n: 'bigint' }),
    value: { n: 5n },
    wire: { n: '5' },
    json: { type: 'object', properties: { n: bigintJson }, required: ['n'] },
  },
  'ArkType bytes': {
    schema: type.instanceOf(Uint8Array),
    value: Uint8Array.of(7),
    wire: 'Bw==',
    json: { type: 'string' },
  },
  'ArkType class': { schema: type.instanceOf(Money), value: new Money('1'), wire: '1 EUR', json: {} },
  'our own instance': {
    schema: instance(Money, { type: 'string', pattern: ' EUR$' }),
    value: new Money('1'),
    wire: '1 EUR',
    json: { type: 'string', pattern: ' EUR$' },
  },
  'our own date': { schema: instance(Date), value: day, wire: dateWire, json: dateJson },
}

describe('values', () => {
  for (const [name, { schema, value, wire, json }] of Object.entries(cases))
    it(`come back as the definition says: ${name}`, () => {
      const plain = toPlain(value ?? null)
      expect(plain).to.deep.equal(wire)
      expect(toJsonSchema(schema, 'a.b').json).to.deep.equal(json)
      expect(castOf(schema, 'a.b')?.(plain)).to.deep.equal({ value })
    })

  const transformed: Record<string, [schema: Schema, plain: unknown, value: unknown]> = {
    'a zod codec': [
      z.codec(z.iso.datetime(), z.date(), {
        decode: (text) => new Date(text),
        encode: (date) => date.toISOString(),
      }),
      dateWire,
      day,
    ],
    'a zod transformation': [z.string().transform((text) => text.length), 'abc', 3],
    'a zod default': [z.date().default(day), undefined, day],
    'a valibot transformation': [toStandardJsonSchema(v.pipe(v.string(), v.transform(Number))), '5', 5],
    'an ArkType morph': [type('string').pipe((text) => text.length), 'abc', 3],
    'a date of Python': [z.date(), '2026-01-02T03:04:05+00:00', day],
    'a date without time zone, which is UTC': [z.date(), '2026-01-02T03:04:05', day],
    'a day': [z.date(), '2026-01-02', new Date(Date.UTC(2026, 0, 2))],
    'a whole number of Python': [z.bigint(), 7, 7n],
  }
  for (const [name, [schema, plain, value]] of Object.entries(transformed))
    it(`become what the definition makes of them: ${name}`, () => {
      expect(castOf(schema, 'a.b')?.(plain)).to.deep.equal({ value })
    })

  const wrong: Record<string, [schema: Schema, plain: unknown, problem: string]> = {
    zod: [z.object({ at: z.date() }), { at: 'hush-hush' }, '/at: must be date, received string'],
    'zod, a refinement': [
      z.string().refine((text) => text === '', { error: ({ input }) => `what is ${String(input)}?` }),
      'hush-hush',
      ': does not fit, received string',
    ],
    valibot: [
      toStandardJsonSchema(v.object({ at: v.date() })),
      { at: 'hush-hush' },
      '/at: must be Date, received string',
    ],
    'valibot, a check': [
      toStandardJsonSchema(
        v.pipe(
          v.string(),
          v.check(() => false),
        ),
      ),
      'hush-hush',
      ': does not fit, received string',
    ],
    ArkType: [type({ at: 'Date' }), { at: 'hush-hush' }, '/at: must be a Date, received string'],
    'a class': [instance(Money), 'hush-hush', ': must be Money, received string'],
    'an impossible date': [z.date(), '2026-13-45', ': must be date, received string'],
    'a number that JSON has rounded': [z.bigint(), 2 ** 53, ': must be bigint, received number'],
    'a transformation that throws': [
      z.string().transform((text): string => {
        throw new RangeError(text)
      }),
      'hush-hush',
      ': its definition threw an error or takes its time, received string',
    ],
    'a condition that takes its time': [
      z.string().refine(async () => true),
      'hush-hush',
      ': its definition threw an error or takes its time, received string',
    ],
    'a transformation of ArkType that throws': [
      type('string').pipe((text): string => {
        throw new RangeError(text)
      }),
      'hush-hush',
      ': its definition threw an error or takes its time, received string',
    ],
    'bytes that are none': [instance(Uint8Array), 'hush!', ': must be Uint8Array, received string'],
  }
  for (const [name, [schema, plain, problem]] of Object.entries(wrong))
    it(`that are wrong are named by path, expected and received, never quoted: ${name}`, () => {
      expect(castOf(schema, 'a.b')?.(plain)).to.deep.equal({ problems: [problem] })
    })

  it('are published with defaults that a sender might have written, and no others', () => {
    const json = (schema: Schema) => toJsonSchema(schema, 'a.b')
    expect(json(z.int().default(2))).to.deep.equal({
      json: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991, default: 2 },
      optional: true,
    })
    expect(json(z.date().default(day)).json).to.deep.equal({ ...dateJson, default: dateWire })
    expect(json(z.bigint().default(2n)).json).to.deep.equal({ ...bigintJson, default: '2' })
    expect(json(z.set(z.string()).default(new Set(['a']))).json).to.have.deep.property('default', ['a'])
    for (const [schema, given] of [
      [v.optional(v.date(), day), dateWire],
      [v.optional(v.bigint(), 5n), '5'],
      [v.optional(v.set(v.string()), new Set(['a'])), ['a']],
    ] as const)
      expect(json(toStandardJsonSchema(schema)).json).to.have.deep.property('default', given)
    let next = 0
    for (const schema of [
      z.number().default(() => next++),
      z.date().default(() => new Date()),
      z
        .string()
        .transform((text) => text.length)
        .default(5),
    ]) {
      expect(json(schema).json).not.to.have.property('default')
      expect(json(schema).optional).to.equal(true)
    }
  })

  for (const [name, schema] of Object.entries({
    'a symbol': z.symbol(),
    'a function': z.custom<() => void>(),
    'a class that says nothing': z.instanceof(WeakMap),
    'a symbol of ArkType': type('symbol'),
    'a class that says nothing, of ArkType': type.instanceOf(WeakMap),
    'a class that says nothing, of valibot': toStandardJsonSchema(v.instance(WeakMap)),
    'a symbol of valibot': toStandardJsonSchema(v.symbol()),
  }))
    it(`cannot be published: ${name}`, () => {
      expect(() => defineApi('a', { events: { e: event({ x: schema }) } }))
        .to.throw()
        .and.satisfy((error: unknown) => isBusError(error, 'BUS_SCHEMA_UNSUPPORTED'))
    })

  it('that cannot travel are refused', () => {
    for (const value of [new Date(NaN), new Map([[{}, 1]]), Symbol('x'), NaN])
      expect(() => toPlain(value))
        .to.throw()
        .and.satisfy((error: unknown) => isBusError(error, 'BUS_VALUE_UNSERIALIZABLE'))
  })

  it('of a definition without one are whatever JSON says', () => {
    const { procedures } = defineApi('a', {
      procedures: { p: procedure({ at: { type: 'string', format: 'date-time' } }) },
    })
    expect(castOf(procedures.p.parameters.at, 'a.p.at')).to.equal(undefined)
  })
})
