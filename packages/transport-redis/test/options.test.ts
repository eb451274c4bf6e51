import { expect } from 'chai'
import { eventOptions, rpcOptions } from '../src/options.ts'

describe('options that Python services have too', () => {
  it('mean the same where they are null or 0', () => {
    const usual = eventOptions.read({})
    expect(usual).to.include({ reclaimBatchSize: 100, reclaimIntervalMs: 5_000, maxStreamLength: 100_000 })
    const nothing = eventOptions.read({
      batch_size: 7,
      acknowledgement_timeout: 9,
      reclaim_batch_size: null,
      reclaim_interval: null,
      max_stream_length: 0,
      consumer_ttl: 0,
    })
    expect(nothing).to.include({ reclaimBatchSize: 70, reclaimIntervalMs: 9_000, maxStreamLength: null })
    expect(nothing.consumerTtlMs / usual.consumerTtlMs).to.be.above(1e6)
    expect(eventOptions.read({ batch_size: 9, reclaim_batch_size: 0 }).reclaimBatchSize).to.equal(90)
  })

  it('are obeyed below connection_parameters', () => {
    const read = (parameters: object) => rpcOptions.read({ connection_parameters: parameters })
    expect(read({ ssl: true, db: 3, password: 'x' })).to.deep.include({
      tls: {},
      database: 3,
      password: 'x',
    })
    for (const parameters of [{}, { ssl: false, db: null, password: null }])
      expect(read(parameters)).to.deep.include({ tls: undefined, database: undefined, password: undefined })
    const authority = { ca: 'own' }
    const both = rpcOptions.read({ tls: authority, connection_parameters: { ssl: true } })
    expect(both.tls).to.equal(authority)
  })
})
