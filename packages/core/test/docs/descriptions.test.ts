import { expect } from 'chai'
import { z } from 'zod'
import { defineApi, event, procedure } from '../../src/index.ts'

describe('descriptions', () => {
  it('of events and procedures are published with their parameters, that of the API stays with it', () => {
    const description = 'What it is for.'
    const { schema, ...api } = defineApi('shop', {
      description: 'What is sold.',
      events: { opened: event({ at: z.string().describe('The hour.') }, { description, version: 2 }) },
      procedures: { close: procedure({}, z.boolean().describe('Whether.'), { description }) },
    })
    expect(api.description).to.equal('What is sold.')
    expect(api.events.opened).to.include({ description, version: 2 })
    expect(api.procedures.close).to.include({ description })
    expect(schema.events['opened']?.parameters).to.deep.include({
      description,
      properties: { at: { type: 'string', description: 'The hour.' } },
    })
    expect(schema.rpcs['close']?.parameters).to.include({ description })
    expect(schema.rpcs['close']?.response).to.include({ description: 'Whether.' })
    expect(schema).not.to.have.property('description')
  })

  it('leave no trace where there are none', () => {
    const { schema, ...api } = defineApi('shop', {
      events: { opened: event() },
      procedures: { close: procedure() },
    })
    for (const each of [api, api.events.opened, api.procedures.close, schema.events['opened']?.parameters])
      expect(each).not.to.have.property('description')
  })
})
