import { defineApi, event, procedure } from '@lightbus/core'
import { toStandardJsonSchema as published } from '@valibot/to-json-schema'
import { type } from 'arktype'
import Type from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'

// One API in the words of each library: that of Python which the recording has.
const name = 'my_company.types'
const decimal = '^-?\\d+(\\.\\d+)?$'

const zodUser = z.strictObject({
  username: z.string(),
  address: z.strictObject({ street: z.string(), city: z.string(), zip: z.string().nullable().default(null) }),
  tags: z.array(z.string()),
  age: z.int(),
})

export const zodApi = defineApi(name, {
  events: {
    everything: event({
      s: z.string(),
      i: z.int(),
      f: z.number(),
      b: z.boolean(),
      when: z.date(),
      day: z.string().meta({ format: 'date' }),
      price: z.string().regex(new RegExp(decimal)),
      colour: z.enum(['red', 'blue']),
      user: zodUser,
      opt: z.string().nullable().default(null),
      any: z.unknown().default(null),
      u: z.union([z.int(), z.string()]).default(1),
      d: z.record(z.string(), z.int()).default({}),
      t: z.tuple([z.string(), z.int()]).default(['a', 1]),
    }),
  },
  procedures: {
    add: procedure({ a: z.int(), b: z.int().default(2) }, z.int()),
    get_user: procedure({ username: z.string() }, zodUser),
    when: procedure({}, z.date()),
  },
})

const valibotUser = v.strictObject({
  username: v.string(),
  address: v.strictObject({
    street: v.string(),
    city: v.string(),
    zip: v.optional(v.nullable(v.string()), null),
  }),
  tags: v.array(v.string()),
  age: v.pipe(v.number(), v.integer()),
})
const valibotInteger = v.pipe(v.number(), v.integer())

export const valibotApi = defineApi(name, {
  events: {
    everything: event({
      s: published(v.string()),
      i: published(valibotInteger),
      f: published(v.number()),
      b: published(v.boolean()),
      when: published(v.date()),
      day: published(v.pipe(v.string(), v.isoDate())),
      price: published(v.pipe(v.string(), v.regex(new RegExp(decimal)))),
      colour: published(v.picklist(['red', 'blue'])),
      user: published(valibotUser),
      opt: published(v.optional(v.nullable(v.string()), null)),
      any: published(v.optional(v.unknown(), null)),
      u: published(v.optional(v.union([valibotInteger, v.string()]), 1)),
      d: published(v.optional(v.record(v.string(), valibotInteger), {})),
      t: published(v.optional(v.strictTuple([v.string(), valibotInteger]), ['a', 1])),
    }),
  },
  procedures: {
    add: procedure(
      { a: published(valibotInteger), b: published(v.optional(valibotInteger, 2)) },
      published(valibotInteger),
    ),
    get_user: procedure({ username: published(v.string()) }, published(valibotUser)),
    when: procedure({}, published(v.date())),
  },
})

const arktypeUser = type({
  '+': 'reject',
  username: 'string',
  address: { '+': 'reject', street: 'string', city: 'string', zip: 'string | null = null' },
  tags: 'string[]',
  age: 'number.integer',
})

export const arktypeApi = defineApi(name, {
  events: {
    everything: event({
      s: type('string'),
      i: type('number.integer'),
      f: type('number'),
      b: type('boolean'),
      when: type('Date'),
      day: type('string'),
      price: type(/^-?\d+(\.\d+)?$/),
      colour: type("'red' | 'blue'"),
      user: arktypeUser,
      opt: type('string | null | undefined'),
      any: type('unknown'),
      u: type('number.integer | string | undefined'),
      d: type('Record<string, number.integer> | undefined'),
      t: type(['string', 'number.integer']).or('undefined'),
    }),
  },
  procedures: {
    add: procedure(
      { a: type('number.integer'), b: type('number.integer | undefined') },
      type('number.integer'),
    ),
    get_user: procedure({ username: type('string') }, arktypeUser),
    when: procedure({}, type('Date')),
  },
})

const closed = { additionalProperties: false }
const typeboxUser = Type.Object(
  {
    username: Type.String(),
    address: Type.Object(
      {
        street: Type.String(),
        city: Type.String(),
        zip: Type.Optional(Type.Union([Type.String(), Type.Null()], { default: null })),
      },
      closed,
    ),
    tags: Type.Array(Type.String()),
    age: Type.Integer(),
  },
  closed,
)

export const typeboxApi = defineApi(name, {
  events: {
    everything: event({
      s: Type.String(),
      i: Type.Integer(),
      f: Type.Number(),
      b: Type.Boolean(),
      when: Type.String({ format: 'date-time' }),
      day: Type.String({ format: 'date' }),
      price: Type.String({ pattern: decimal }),
      colour: Type.Enum(['red', 'blue']),
      user: typeboxUser,
      opt: Type.Optional(Type.Union([Type.String(), Type.Null()], { default: null })),
      any: Type.Optional(Type.Unknown({ default: null })),
      u: Type.Optional(Type.Union([Type.Integer(), Type.String()], { default: 1 })),
      d: Type.Optional(Type.Record(Type.String(), Type.Integer(), { default: {} })),
      t: Type.Optional(Type.Tuple([Type.String(), Type.Integer()], { default: ['a', 1] })),
    }),
  },
  procedures: {
    add: procedure({ a: Type.Integer(), b: Type.Optional(Type.Integer({ default: 2 })) }, Type.Integer()),
    get_user: procedure({ username: Type.String() }, typeboxUser),
    when: procedure({}, Type.String({ format: 'date-time' })),
  },
})

const jsonUser = {
  type: 'object',
  properties: {
    username: { type: 'string' },
    address: {
      type: 'object',
      properties: {
        street: { type: 'string' },
        city: { type: 'string' },
        zip: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
      },
      required: ['street', 'city'],
      additionalProperties: false,
    },
    tags: { type: 'array', items: { type: 'string' } },
    age: { type: 'integer' },
  },
  required: ['username', 'address', 'tags', 'age'],
  additionalProperties: false,
} as const

export const jsonApi = defineApi(name, {
  events: {
    everything: event({
      s: { type: 'string' },
      i: { type: 'integer' },
      f: { type: 'number' },
      b: { type: 'boolean' },
      when: { type: 'string', format: 'date-time' },
      day: { type: 'string', format: 'date' },
      price: { type: 'string', pattern: decimal },
      colour: { type: 'string', enum: ['red', 'blue'] },
      user: jsonUser,
      opt: { type: ['string', 'null'], default: null },
      any: { default: null },
      u: { type: ['integer', 'string'], default: 1 },
      d: { type: 'object', additionalProperties: { type: 'integer' }, default: {} },
      t: {
        type: 'array',
        items: [{ type: 'string' }, { type: 'integer' }],
        minItems: 2,
        maxItems: 2,
        default: ['a', 1],
      },
    }),
  },
  procedures: {
    add: procedure({ a: { type: 'integer' }, b: { type: 'integer', default: 2 } }, { type: 'integer' }),
    get_user: procedure({ username: { type: 'string' } }, jsonUser),
    when: procedure({}, { type: 'string', format: 'date-time' }),
  },
})
