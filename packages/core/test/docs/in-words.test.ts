import { expect } from 'chai'
import type { JsonSchema } from '../../src/api/api-schema.ts'
import { rulesInWords, typeInWords } from '../../src/cli/docs/in-words.ts'

const types: readonly (readonly [JsonSchema, string])[] = [
  [{}, 'anything'],
  [{ type: 'string' }, 'string'],
  [{ type: 'integer' }, 'integer'],
  [{ type: ['string', 'null'] }, 'string or null'],
  [{ type: 'string', format: 'date-time' }, 'date and time'],
  [{ type: 'string', format: 'unheard-of' }, 'string'],
  [{ type: 'string', contentEncoding: 'base64' }, 'bytes as base64'],
  [{ const: 3 }, '3'],
  [{ enum: ['small', 'large', null] }, '"small" or "large" or null'],
  [{ type: 'array' }, 'list of anything'],
  [{ type: 'array', items: { type: 'string' } }, 'list of strings'],
  [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'list of lists of numbers'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, 'list of "a" or "b"'],
  [{ type: 'array', items: [{ type: 'string' }, { type: 'integer' }] }, 'list of exactly: string, integer'],
  [{ type: 'array', prefixItems: [{ type: 'boolean' }] }, 'list of exactly: boolean'],
  [{ items: { format: 'email', type: 'string' } }, 'list of email addresses'],
  [{ properties: { a: {} } }, 'object'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'map of names to numbers'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
  [{ oneOf: [{ type: 'object' }, { type: 'object' }] }, 'object'],
  [{ $ref: '#/definitions/size', definitions: { size: { type: 'integer' } } }, 'integer'],
  [{ allOf: [{ $ref: '#/definitions/size' }], definitions: { size: { type: 'integer' } } }, 'integer'],
  [{ $ref: '#' }, 'anything'],
  [{ $ref: 'http://elsewhere' }, 'anything'],
  [{ type: 'array', items: { $ref: '#' } }, 'list of lists of lists of lists of lists of anything'],
]

const rules: readonly (readonly [JsonSchema, readonly string[]])[] = [
  [{}, []],
  [{ minimum: 1 }, ['at least 1']],
  [{ maximum: 9.5 }, ['at most 9.5']],
  [{ minimum: 0, maximum: 10 }, ['0 to 10']],
  [{ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, []],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, ['more than 0', 'less than 1']],
  [{ multipleOf: 5 }, ['a multiple of 5']],
  [{ minLength: 1, maxLength: 1 }, ['exactly 1 character']],
  [{ minLength: 0 }, []],
  [{ maxLength: 20 }, ['at most 20 characters']],
  [{ pattern: '^a+$' }, ['matches ^a+$']],
  [{ pattern: '^long$', format: 'email' }, []],
  [{ minItems: 1, uniqueItems: true }, ['at least 1 item', 'no item twice']],
  [{ minProperties: 2, maxProperties: 3 }, ['2 to 3 entries']],
]

describe('a schema in words', () => {
  for (const [schema, said] of types)
    it(`${JSON.stringify(schema)} is: ${said}`, () => expect(typeInWords(schema, schema)).to.equal(said))

  for (const [schema, said] of rules)
    it(`${JSON.stringify(schema)} says: ${said.join(', ') || 'nothing'}`, () =>
      expect(rulesInWords(schema, schema)).to.deep.equal(said))
})
