import { defineApi, event, procedure } from '@lightbus/core'
import { expect } from 'chai'
import { ApiRegistry } from '../src/api/api-registry.ts'
import { createEventMessage } from '../src/messages/event-message.ts'
import { createCall } from '../src/messages/rpc-message.ts'
import { MessageValidator } from '../src/schema/message-validator.ts'
import { SchemaRegistry } from '../src/schema/schema-registry.ts'

const secret = 'hush-hush'

// Every way in which a text, a number, a list or an object can be wrong.
const rules: readonly (readonly [rule: object, value: unknown])[] = [
  [{ type: 'number' }, secret],
  [{ enum: ['a', 'b'] }, secret],
  [{ const: 'a' }, secret],
  [{ pattern: '^x$' }, secret],
  [{ maxLength: 1 }, secret],
  [{ minLength: 99 }, secret],
  [{ not: { type: 'string' } }, secret],
  [{ anyOf: [{ type: 'number' }, { const: 1 }] }, secret],
  [{ oneOf: [{ type: 'string' }, { minLength: 1 }] }, secret],
  [{ if: { type: 'number' }, else: { const: 1 } }, secret],
  [{ uniqueItems: true }, [secret, secret]],
  [{ maxItems: 0 }, [secret]],
  [{ contains: { const: 1 } }, [secret]],
  [{ items: { type: 'number' } }, [secret]],
  [{ maxProperties: 0 }, { a: secret }],
  [{ additionalProperties: false }, { a: secret }],
  [{ required: ['b'] }, { a: secret }],
  [{ dependentRequired: { a: ['b'] }, dependencies: { a: ['b'] } }, { a: secret }],
]

describe('what the validator says of a wrong message', () => {
  for (const [rule, value] of rules)
    it(`never quotes a value: ${JSON.stringify(rule)}`, () => {
      const api = defineApi('shop', {
        events: { opened: event({ x: rule as { readonly title: string } }) },
        procedures: { ask: procedure({ x: rule as { readonly title: string } }, rule as object as {}) },
      })
      const validator = new MessageValidator(new SchemaRegistry(new ApiRegistry([api])), () => ({
        validate: { outgoing: true, incoming: true },
        castValues: true,
        strictValidation: false,
      }))
      const parameters = { x: value as string }
      const fired = createEventMessage({ apiName: 'shop', eventName: 'opened', parameters })
      const call = createCall({ apiName: 'shop', procedureName: 'ask', parameters })
      for (const direction of ['incoming', 'outgoing'] as const)
        for (const check of [
          () => validator.event(fired, direction),
          () => validator.call(call, direction),
          () => validator.result(call, value as string, direction),
        ])
          expect(check)
            .to.throw()
            .and.satisfy((error: Error) => !`${error.message}${JSON.stringify(error)}`.includes(secret))
    })
})

describe('an event that has more than the definition here knows', () => {
  const api = defineApi('shop', {
    events: { opened: event({ by: { type: 'string' } }) },
    procedures: { ask: procedure({ by: { type: 'string' } }) },
  })
  const validator = new MessageValidator(new SchemaRegistry(new ApiRegistry([api])), () => ({
    validate: { outgoing: true, incoming: true },
    castValues: true,
    strictValidation: true,
  }))
  const parameters = { by: 'sally', at: 'noon' }
  const fired = createEventMessage({ apiName: 'shop', eventName: 'opened', parameters })

  it('is taken when it comes in, since its owner may know more by now', () => {
    expect(validator.event(fired, 'incoming')).to.deep.equal(parameters)
    expect(validator.castEvent(fired)).to.include({ by: 'sally' })
  })

  it('is refused before it goes out, and so is a call', () => {
    expect(() => validator.event(fired, 'outgoing')).to.throw('"at" is unknown')
    const call = createCall({ apiName: 'shop', procedureName: 'ask', parameters })
    for (const direction of ['incoming', 'outgoing'] as const)
      expect(() => validator.call(call, direction)).to.throw('"at" is unknown')
  })
})
