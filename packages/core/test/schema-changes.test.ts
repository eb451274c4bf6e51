import { classifySchemaChange, type ApiSchema } from '@lightbus/core'
import { expect } from 'chai'

type Json = Readonly<Record<string, unknown>>

const object = (properties: Json, required: readonly string[] = Object.keys(properties)): Json => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
})
const schema = (parts: Partial<ApiSchema>): ApiSchema => ({ apiName: 'shop', events: {}, rpcs: {}, ...parts })
const events = (parameters: Json) => schema({ events: { e: { parameters } } })
const takes = (parameters: Json) => schema({ rpcs: { p: { parameters, response: {} } } })
const gives = (response: Json) => schema({ rpcs: { p: { parameters: object({}), response } } })

const text = { type: 'string' }
const number = { type: 'number' }
const ab = { enum: ['a', 'b'] }
const abc = { enum: ['a', 'b', 'c'] }
const inside = (value: Json) => object({ x: value })

const listeners = (kind: string, path: string) => [{ for: 'listeners', kind, path }]
const callers = (kind: string, path: string) => [{ for: 'callers', kind, path }]
const anEvent = events(object({}))
const aProcedure = takes(object({}))
const open = { type: 'object', properties: {} }

// What changed, the schema before and after, and what that is.
const table: readonly (readonly [string, ApiSchema, ApiSchema, readonly object[]])[] = [
  ['nothing', events(inside(text)), events(inside(text)), []],
  ['only words', events(inside(text)), events({ ...inside({ ...text, description: 'x' }), title: 'y' }), []],
  ['event added', schema({}), anEvent, listeners('compatible', 'events.e')],
  ['event removed', anEvent, schema({}), listeners('breaking', 'events.e')],
  ['procedure added', schema({}), aProcedure, callers('compatible', 'rpcs.p')],
  ['procedure removed', aProcedure, schema({}), callers('breaking', 'rpcs.p')],
  ['event: required added', anEvent, events(inside(text)), listeners('compatible', 'events.e.parameters.x')],
  ['event: removed', events(inside(text)), anEvent, listeners('breaking', 'events.e.parameters.x')],
  ['call: required added', aProcedure, takes(inside(text)), callers('breaking', 'rpcs.p.parameters.x')],
  [
    'call: optional added',
    aProcedure,
    takes(object({ x: text }, [])),
    callers('compatible', 'rpcs.p.parameters.x'),
  ],
  ['call: removed', takes(inside(text)), aProcedure, callers('breaking', 'rpcs.p.parameters.x')],
  [
    'call: removed, others allowed',
    takes(inside(text)),
    takes({ ...inside(text), ...open, required: [], additionalProperties: true }),
    [
      { for: 'callers', kind: 'compatible', path: 'rpcs.p.parameters.x' },
      { for: 'callers', kind: 'compatible', path: 'rpcs.p.parameters' },
    ],
  ],
  [
    'event: now optional',
    events(inside(text)),
    events(object({ x: text }, [])),
    listeners('breaking', 'events.e.parameters.x'),
  ],
  [
    'event: now required',
    events(object({ x: text }, [])),
    events(inside(text)),
    listeners('compatible', 'events.e.parameters.x'),
  ],
  [
    'call: now optional',
    takes(inside(text)),
    takes(object({ x: text }, [])),
    callers('compatible', 'rpcs.p.parameters.x'),
  ],
  [
    'call: now required',
    takes(object({ x: text }, [])),
    takes(inside(text)),
    callers('breaking', 'rpcs.p.parameters.x'),
  ],
  [
    'event: other type',
    events(inside(text)),
    events(inside(number)),
    listeners('breaking', 'events.e.parameters.x'),
  ],
  [
    'call: other type',
    takes(inside(text)),
    takes(inside(number)),
    callers('breaking', 'rpcs.p.parameters.x'),
  ],
  [
    'call: wider type',
    takes(inside({ type: 'integer' })),
    takes(inside(number)),
    callers('compatible', 'rpcs.p.parameters.x'),
  ],
  [
    'event: wider type',
    events(inside({ type: 'integer' })),
    events(inside(number)),
    listeners('breaking', 'events.e.parameters.x'),
  ],
  [
    'event: fewer values',
    events(inside(abc)),
    events(inside(ab)),
    listeners('compatible', 'events.e.parameters.x'),
  ],
  [
    'event: more values',
    events(inside(ab)),
    events(inside(abc)),
    listeners('breaking', 'events.e.parameters.x'),
  ],
  ['call: fewer values', takes(inside(abc)), takes(inside(ab)), callers('breaking', 'rpcs.p.parameters.x')],
  ['call: more values', takes(inside(ab)), takes(inside(abc)), callers('compatible', 'rpcs.p.parameters.x')],
  [
    'call: other values',
    takes(inside(ab)),
    takes(inside({ enum: ['a', 'c'] })),
    callers('breaking', 'rpcs.p.parameters.x'),
  ],
  ['result: more values', gives(ab), gives(abc), callers('breaking', 'rpcs.p.response')],
  ['result: fewer values', gives(abc), gives(ab), callers('compatible', 'rpcs.p.response')],
  ['result: part removed', gives(inside(text)), gives(object({})), callers('breaking', 'rpcs.p.response.x')],
  ['result: part added', gives(object({})), gives(inside(text)), callers('compatible', 'rpcs.p.response.x')],
  [
    'result: may be null',
    gives(text),
    gives({ type: ['string', 'null'] }),
    callers('breaking', 'rpcs.p.response'),
  ],
  [
    'items',
    gives({ type: 'array', items: text }),
    gives({ type: 'array', items: number }),
    callers('breaking', 'rpcs.p.response[]'),
  ],
  [
    'call: a rule more',
    takes(inside(text)),
    takes(inside({ ...text, minLength: 1 })),
    callers('breaking', 'rpcs.p.parameters.x'),
  ],
  [
    'event: a rule more',
    events(inside(text)),
    events(inside({ ...text, minLength: 1 })),
    listeners('compatible', 'events.e.parameters.x'),
  ],
  [
    'a rule that changed',
    events(inside({ pattern: '^a' })),
    events(inside({ pattern: '^b' })),
    listeners('breaking', 'events.e.parameters.x'),
  ],
]

describe('classifySchemaChange', () => {
  for (const [what, before, after, changes] of table)
    it(`${what}`, () => {
      const found = classifySchemaChange(before, after)
      expect(found.map(({ path, kind, for: whom }) => ({ path, kind, for: whom }))).to.have.deep.members(
        changes,
      )
      for (const { why } of found) expect(why).to.match(/^its? .+/)
    })

  it('names what changed', () => {
    const [change] = classifySchemaChange(events(inside(text)), events(inside(number)))
    expect(change?.why).to.equal(
      'its type changed from string to number: listeners may miss or get what was not promised to them',
    )
  })
})
