import { expect } from 'chai'
import { runConformance, type Conformance } from '../src/index.ts'
import { harness, transportModule } from './fixtures/idle-transport.ts'

describe('the kit, run on a transport that declares everything and does nothing', function () {
  this.timeout(60_000)
  let conformance: Conformance

  before(async () => {
    conformance = await runConformance({
      module: transportModule,
      harness,
      tier: 'faults',
      seed: 1,
      jobs: 16,
    })
  })

  it('skips no case', () => {
    const skipped = conformance.rows.filter(({ outcome }) => outcome === 'absent' || outcome === 'not run')
    expect(skipped.map(({ id }) => id)).to.deep.equal([])
  })

  it('fails every case', () => {
    const passed = conformance.rows.filter(({ outcome }) => outcome === 'passed')
    expect(passed.map(({ id }) => id)).to.deep.equal([])
  })
})
